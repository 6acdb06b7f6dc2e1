//! Parked searches: resumed once, by their token, in time; and never in anybody's way.

use super::*;

/// A session with an open search, parked.
async fn park(bench: &Bench) -> Vec<u8> {
    let mut session = bench.open().await;
    bench.script.answers.lock().unwrap().push_back(Ok(Reply::Searching));
    session.call(search("ou=people,dc=example", "cn")).await.unwrap();
    session.park().unwrap()
}

fn parking(max: usize, ttl: Duration) -> BindingOptions {
    BindingOptions { parking: ParkingOptions { max, ttl, patience: Duration::from_millis(50) }, ..options() }
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_token_is_good_once() {
    let bench = bench(parking(4, LONG), Vec::new());
    let (one, other) = (park(&bench).await, park(&bench).await);
    assert_ne!(one, other);
    assert_eq!(bench.script.out(), 2);
    bench.script.answers.lock().unwrap().push_back(batch(2, true));
    let mut session = bench.binding.resume(&scope(), &one).unwrap();
    check(&play(&mut session, vec![Call::Next { max_entries: 9 }]).await, &["Batch"]);
    for token in [one.as_slice(), b"", b"0123456789abcdef"] {
        assert_eq!(bench.binding.resume(&scope(), token).unwrap_err().failure, Failure::TokenExpired);
    }
    drop(session);
    drop(bench.binding.resume(&scope(), &other).unwrap());
    assert_eq!(bench.script.out(), 0);
    assert_eq!(bench.lines()[0], "desk dir search ou=people,dc=example sub (uid=?) cn -> 2");
}

#[tokio::test]
async fn only_an_open_search_is_parked() {
    let bench = bench(parking(4, LONG), vec![Ok(Reply::Searching), batch(1, true)]);
    let failure = |session: Session| session.park().unwrap_err().failure;
    assert_eq!(failure(bench.open().await), Failure::InvalidRequest);
    let mut session = bench.open().await;
    let calls = vec![search("ou=people,dc=example", "cn"), Call::Next { max_entries: 9 }];
    check(&play(&mut session, calls).await, &["Searching", "Batch"]);
    assert_eq!(failure(session), Failure::InvalidRequest);
    let mut late = bench.open().await;
    late.assume_search();
    late.expire();
    assert_eq!(failure(late), Failure::Timeout);
    assert_eq!(bench.script.out(), 0);
}

#[tokio::test]
async fn the_oldest_makes_room() {
    let one = bench(parking(2, LONG), Vec::new());
    let (first, second, third) = (park(&one).await, park(&one).await, park(&one).await);
    assert_eq!(one.script.out(), 2);
    assert_eq!(one.binding.resume(&scope(), &first).unwrap_err().failure, Failure::TokenExpired);
    one.binding.resume(&scope(), &second).unwrap();
    one.binding.resume(&scope(), &third).unwrap();

    let none = bench(parking(0, LONG), Vec::new());
    let mut session = none.open().await;
    session.assume_search();
    assert_eq!(session.park().unwrap_err().failure, Failure::LimitExceeded);
    assert_eq!(none.script.out(), 0);
}

#[tokio::test]
async fn who_is_there_goes_before_who_may_come_back() {
    let bench = bench_of(parking(4, LONG), Script { most: 3, ..Script::default() }, false);
    let (oldest, newest) = (park(&bench).await, park(&bench).await);
    let _one = bench.open().await;
    let _other = bench.open().await;
    assert_eq!(bench.script.out(), 3);
    assert_eq!(bench.binding.resume(&scope(), &oldest).unwrap_err().failure, Failure::TokenExpired);
    bench.binding.resume(&scope(), &newest).unwrap();
}

/// Whoever waits is there still when a search is parked later.
#[tokio::test]
async fn what_is_parked_while_somebody_waits_gives_way_too() {
    let bench = bench_of(parking(4, LONG), Script { most: 1, ..Script::default() }, false);
    bench.script.answers.lock().unwrap().push_back(Ok(Reply::Searching));
    let mut first = bench.open().await;
    first.call(search("ou=people,dc=example", "cn")).await.unwrap();
    let parks = async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        first.park().unwrap()
    };
    let (token, waited) = tokio::join!(parks, timeout(Duration::from_secs(10), bench.open()));
    waited.expect("the parked search kept its connection");
    assert_eq!(bench.binding.resume(&scope(), &token).unwrap_err().failure, Failure::TokenExpired);
}

#[tokio::test]
async fn nothing_waits_longer_than_its_time() {
    let bench = bench(parking(4, Duration::from_millis(30)), Vec::new());
    let token = park(&bench).await;
    let begun = Instant::now();
    while bench.script.out() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "a parked connection was kept");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(bench.binding.resume(&scope(), &token).unwrap_err().failure, Failure::TokenExpired);
}

#[tokio::test]
async fn parked_connections_go_with_the_binding() {
    let one = bench(parking(4, LONG), Vec::new());
    let token = park(&one).await;
    one.binding.close().await;
    assert_eq!(one.script.out(), 0);
    assert_eq!(one.binding.resume(&scope(), &token).unwrap_err().failure, Failure::TokenExpired);
    let mut session = one.open().await;
    session.assume_search();
    assert_eq!(session.park().unwrap_err().failure, Failure::Unavailable);

    let two = bench(parking(4, LONG), Vec::new());
    park(&two).await;
    drop(two.binding);
    assert_eq!(two.script.out(), 0);
}

#[tokio::test]
async fn locks_are_not_parked() {
    let bench = bench(parking(4, LONG), vec![Ok(Reply::Searching)]);
    let mut session = bench.open().await;
    let calls = vec![Call::Lock("a".to_owned()), search("ou=people,dc=example", "cn")];
    check(&play(&mut session, calls).await, &["Done", "Searching"]);
    session.park().unwrap();
    check(&play(&mut bench.open().await, vec![Call::Lock("a".to_owned())]).await, &["Done"]);
}
