use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::BoundedPool;
use crate::script::{Fault, Order, Target};
use crate::{Lease, PoolOptions};

fn pool(target: &Target, options: PoolOptions) -> BoundedPool<Target> {
    BoundedPool::new(target.clone(), options)
}

fn one() -> PoolOptions {
    PoolOptions { max: 1, ..PoolOptions::default() }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

/// Leases a connection and has it do `orders`; the answer to the last one.
async fn check(pool: &BoundedPool<Target>, orders: &[Order], expected: Result<usize, Fault>) {
    let mut lease = pool.lease(soon()).await.unwrap();
    assert_eq!(run(&mut lease, orders).await, expected);
}

async fn run(lease: &mut Lease<Target>, orders: &[Order]) -> Result<usize, Fault> {
    let mut outcome = Err(Fault::Unavailable);
    for order in orders {
        outcome = lease.run(*order, soon()).await;
    }
    outcome
}

#[tokio::test]
async fn a_connection_at_rest_is_used_again_and_a_broken_one_is_not() {
    let target = Target::default();
    let pool = pool(&target, one());
    check(&pool, &[Order::Name], Ok(0)).await;
    check(&pool, &[Order::Name], Ok(0)).await;
    check(&pool, &[Order::Break], Err(Fault::Unavailable)).await;
    check(&pool, &[Order::Name], Ok(1)).await;
    assert!(target.recovered.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_left_under_way_is_brought_to_rest_before_the_next_lease() {
    let target = Target::default();
    let pool = pool(&target, one());
    check(&pool, &[Order::Begin], Ok(0)).await;
    check(&pool, &[Order::Name], Ok(0)).await;
    assert_eq!(*target.recovered.lock().unwrap(), [(0, false)]);
    // A run without an end is the lease's last one.
    let mut lease = pool.lease(soon()).await.unwrap();
    let hung = lease.run(Order::Hang, Instant::now() + Duration::from_millis(10)).await;
    assert_eq!(hung, Err(Fault::Timeout));
    assert_eq!(lease.run(Order::Name, soon()).await, Err(Fault::Unavailable));
    drop(lease);
    check(&pool, &[Order::Name], Ok(0)).await;
    assert_eq!(*target.recovered.lock().unwrap(), [(0, false), (0, true)]);
}

/// Else whoever waits for it would begin while the other one is not done.
#[tokio::test]
async fn what_is_kept_is_let_go_once_nothing_is_under_way() {
    for (orders, slow) in [(&[Order::Name][..], 0), (&[Order::Begin], 60), (&[Order::Break], 0)] {
        let target = Target { slow: Duration::from_millis(slow), ..Target::default() };
        let pool = pool(&target, one());
        let mut lease = pool.lease(soon()).await.unwrap();
        let (first, second) = (Arc::new(()), Arc::new(()));
        lease.keep(Box::new(Arc::clone(&first)));
        lease.keep(Box::new(Arc::clone(&second)));
        let _ = run(&mut lease, orders).await;
        assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 2), "{orders:?}");
        let begun = Instant::now();
        drop(lease);
        while Arc::strong_count(&second) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(begun.elapsed() >= Duration::from_millis(slow), "{orders:?}");
        assert_eq!(target.recovered.lock().unwrap().len(), usize::from(slow > 0), "{orders:?}");
    }
}

#[tokio::test]
async fn what_does_not_come_to_rest_in_time_is_thrown_away() {
    let target = Target { slow: Duration::from_secs(60), ..Target::default() };
    let pool = pool(&target, PoolOptions { grace: Duration::from_millis(20), ..one() });
    check(&pool, &[Order::Begin], Ok(0)).await;
    check(&pool, &[Order::Name], Ok(1)).await;
}

#[tokio::test]
async fn waiting_has_an_end_and_so_has_the_queue() {
    let target = Target::default();
    let wait_timeout = Duration::from_millis(100);
    let pool = pool(&target, PoolOptions { wait_timeout, max_waiting: 1, ..one() });
    let held = pool.lease(soon()).await.unwrap();
    let (first, second) = tokio::join!(pool.lease(soon()), pool.lease(soon()));
    assert_eq!([first.err(), second.err()], [Some(Fault::Busy); 2]);
    drop(held);
    check(&pool, &[Order::Name], Ok(0)).await;
}

#[tokio::test]
async fn idle_connections_are_asked_after_another_one_broke() {
    let target = Target::default();
    let pool = pool(&target, PoolOptions { max: 2, ..PoolOptions::default() });
    let (mut first, second) = (pool.lease(soon()).await.unwrap(), pool.lease(soon()).await.unwrap());
    drop(second);
    assert_eq!(run(&mut first, &[Order::Break]).await, Err(Fault::Unavailable));
    drop(first);
    check(&pool, &[Order::Name], Ok(1)).await;
    assert_eq!(*target.pinged.lock().unwrap(), [1]);
}

/// As behind a firewall that forgot them.
#[tokio::test]
async fn idle_connections_that_fall_silent_leave_time_for_a_new_one() {
    let target = Target::default();
    let connect_timeout = Duration::from_millis(400);
    let pool = pool(&target, PoolOptions { max: 3, connect_timeout, validate_after: Duration::ZERO, ..one() });
    let leases = [pool.lease(soon()).await.unwrap(), pool.lease(soon()).await.unwrap()];
    drop(leases);
    target.silent.store(true, Ordering::Relaxed);
    let (mut one, mut other) = (pool.lease(soon()).await.unwrap(), pool.lease(soon()).await.unwrap());
    assert_eq!(run(&mut one, &[Order::Name]).await, Ok(2));
    assert_eq!(run(&mut other, &[Order::Name]).await, Ok(3));
    assert_eq!(target.pinged.lock().unwrap().len(), 1, "the others are not asked any more");
}

#[tokio::test]
async fn second_best_connections_grow_less_old() {
    let return_after = Duration::from_millis(20);
    for (fallback, expected) in [(false, 0), (true, 1)] {
        let target = Target { fallback, ..Target::default() };
        let pool = pool(&target, PoolOptions { return_after, ..one() });
        check(&pool, &[Order::Name], Ok(0)).await;
        tokio::time::sleep(return_after * 2).await;
        check(&pool, &[Order::Name], Ok(expected)).await;
    }
}

#[tokio::test]
async fn closing_waits_for_those_on_loan() {
    let target = Target::default();
    let pool = pool(&target, one());
    let lease = pool.lease(soon()).await.unwrap();
    let closed = tokio::join!(tokio::time::timeout(Duration::from_millis(20), pool.close()), pool.lease(soon()));
    assert!(closed.0.is_err());
    assert_eq!(closed.1.err(), Some(Fault::Unavailable));
    drop(lease);
    pool.close().await;
}
