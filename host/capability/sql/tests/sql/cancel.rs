//! A cancel goes its own way, and may come late: it hits nobody else's statement.

use std::sync::Arc;
use std::time::Duration;

use patchbay_capability::sql::{Request, Value};
use patchbay_capability_sql::{PoolOptions, postgres};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

use crate::bed::{Line, Target};

/// A way to a server on which the second connection is held up: that of the cancel.
struct Way {
    port: u16,
    /// The second connection came.
    came: Arc<Notify>,
    /// Lets it through.
    through: Arc<Semaphore>,
}

async fn way_to(server: (String, u16)) -> Way {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (came, through) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let held = (Arc::clone(&came), Arc::clone(&through));
    tokio::spawn(async move {
        for number in 1.. {
            let (mut near, _) = listener.accept().await.unwrap();
            let (server, held) = (server.clone(), held.clone());
            tokio::spawn(async move {
                if number == 2 {
                    held.0.notify_one();
                    held.1.acquire().await.unwrap().forget();
                }
                let mut far = TcpStream::connect(server).await.unwrap();
                // Either end may be dropped at any time.
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    Way { port, came, through }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_under_way_takes_its_connection_along() {
    let target = Target::postgres();
    let mut options = target.postgres_options();
    let way = way_to(options.hosts[0].clone()).await;
    options.hosts = vec![("127.0.0.1".to_owned(), way.port)];
    let pool = postgres::pool(options, PoolOptions { max: 1, ..PoolOptions::default() }).unwrap();

    let mut line = Line::open(&pool).await;
    let Ok(Value::Integer(first)) = line.one(target.session_number(), &[]).await else { panic!("no number") };
    // A few more rows than are read and thrown away, and the last comes late, but by itself. They
    // are long, so that the server sends each when it has it.
    let rows = "SELECT repeat('x', 9000) || pg_sleep(CASE i WHEN 266 THEN 0.08 ELSE 0 END)::text \
                FROM generate_series(1, 266) AS i";
    line.query(rows, &[]).await.unwrap();
    tokio::select! {
        ended = line.run(Request::CloseCursor) => panic!("the cancel did not get lost: {ended:?}"),
        () = way.came.notified() => {}
    }
    // Whoever closed the cursor is gone.
    drop(line);

    let mut line = Line::open(&pool).await;
    let second = line.one(target.session_number(), &[]).await.unwrap();
    assert_ne!(second, Value::Integer(first), "a connection with a cancel under way was used again");
    way.through.add_permits(1);
    let slept = line.one("SELECT pg_sleep(0.5)::text", &[]).await;
    assert_eq!(slept, Ok(Value::Text(String::new())), "it was hit by somebody else's cancel");
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}
