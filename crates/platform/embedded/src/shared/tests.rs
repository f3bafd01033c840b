//! Tests of group commit that need access to its internals, because no AWS operation can trigger these cases.

use futures_util::future::join_all;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::directory::{Directory, EngineStorage};
use super::fault::Fault;
use super::sqlite::{Options, Sqlite};

const OPTIONS: Options = Options {
    file: "test.db",
    schema: "CREATE TABLE t (n INTEGER PRIMARY KEY)",
    page_size: 4096,
    group: 8,
    erase: false,
};

/// Blocks the writer until the sender is dropped, so that operations that arrive in the meantime form a group.
fn hold(database: &Sqlite) -> oneshot::Sender<()> {
    let (release, held) = oneshot::channel();
    let database = database.clone();
    tokio::spawn(async move {
        let wait = move |_: &Connection| {
            let _ = held.blocking_recv();
            Ok::<_, Fault>(())
        };
        database.write(wait).await
    });
    release
}

fn insert(c: &Connection, n: i64) -> Result<i64, Fault> {
    c.execute("INSERT INTO t VALUES (?1)", [n])?;
    Ok(n)
}

async fn stored(database: &Sqlite) -> Vec<i64> {
    let read = |c: &Connection| -> Result<Vec<i64>, Fault> {
        let mut select = c.prepare("SELECT n FROM t ORDER BY n")?;
        Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    database.read(read).await.unwrap()
}

#[tokio::test]
async fn a_job_that_fails_or_panics_is_undone_alone() {
    let database = Sqlite::open(&EngineStorage::Memory, &OPTIONS).unwrap();
    let release = hold(&database);
    let fails = |c: &Connection| -> Result<i64, Fault> {
        insert(c, 2)?;
        insert(c, 2)
    };
    let panics = |c: &Connection| -> Result<i64, Fault> {
        insert(c, 3)?;
        panic!("on purpose");
    };
    let group = async {
        let (one, two, three, four) = tokio::join!(
            database.write(|c| insert(c, 1)),
            database.write(fails),
            database.write(panics),
            database.write(|c| insert(c, 4)),
        );
        assert_eq!((one.unwrap(), four.unwrap()), (1, 4));
        assert!(matches!(two, Err(Fault::Statement(_))));
        assert!(matches!(three, Err(Fault::Panicked)));
    };
    let (_, ()) = tokio::join!(async { drop(release) }, group);
    assert_eq!(stored(&database).await, [1, 4]);
}

#[tokio::test]
async fn no_operation_succeeds_if_the_transaction_is_lost() {
    let database = Sqlite::open(&EngineStorage::Memory, &OPTIONS).unwrap();
    let release = hold(&database);
    // SQLite does this by itself when the disk is full.
    let loses = |c: &Connection| -> Result<i64, Fault> {
        c.execute_batch("ROLLBACK")?;
        Err(Fault::Stopped)
    };
    let (_, one, two) = tokio::join!(async { drop(release) }, database.write(|c| insert(c, 1)), database.write(loses));
    // In one group both fail; alone, the first has its own commit. It must never be answered without being stored.
    assert!(two.is_err());
    assert_eq!(stored(&database).await, one.into_iter().collect::<Vec<_>>());
    database.write(|c| insert(c, 5)).await.unwrap();
    assert!(stored(&database).await.contains(&5));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_handle_closes_the_file_after_the_last_commit() {
    let dir = tempfile::tempdir().unwrap();
    let place = || EngineStorage::Directory(Directory::open(dir.path()).unwrap());
    let database = Sqlite::open(&place(), &OPTIONS).unwrap();
    let writes = (0..100).map(|n| {
        let database = database.clone();
        tokio::spawn(async move { database.write(move |c| insert(c, n)).await })
    });
    let writes: Vec<_> = writes.collect();
    drop(database);
    for write in join_all(writes).await {
        write.unwrap().unwrap();
    }
    // After closing, the journal was moved into the file and is gone.
    let there = |name: &str| dir.path().join(name).exists();
    assert!(there("test.db") && !there("test.db-wal"));
}
