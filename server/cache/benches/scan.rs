//! What a scan waits for when it publishes its values: 103 of them, with memcached at hand, 120 ms away, and without one.
//!
//! Budget: with memcached 120 ms away within 10 % of with it at hand. Only the publishing is timed; what is written behind
//! it is awaited outside of the clock, so that each round begins with an empty queue.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use cache::{Cache, Clock, l2::MemcachedL2};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
    sync::mpsc,
    time::{Instant, sleep_until},
};

mod publishing;

use publishing::Scan;

const DELAY: Duration = Duration::from_millis(120);
const ROWS: usize = 600;
const BREAKDOWNS: usize = 100;

/// A memcached of this run alone, ended by its id.
struct Memcached(Child, String);

impl Memcached {
    fn start(runtime: &Runtime) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let child = Command::new("memcached")
            .args(["-u", "nobody", "-l", "127.0.0.1", "-U", "0", "-m", "64", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        runtime.block_on(async {
            while TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self(child, address)
    }
}

impl Drop for Memcached {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

/// The way to a server whose answers arrive this much later.
async fn delayed(server: String) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(async move {
                let (mut from_server, mut to_server) = server.split();
                let (mut from_client, mut to_client) = client.split();
                let (send, mut receive) = mpsc::channel(1_024);
                let read = async move {
                    loop {
                        let mut bytes = vec![0; 64 * 1024];
                        let count = from_server.read(&mut bytes).await.unwrap_or(0);
                        bytes.truncate(count);
                        if count == 0 || send.send((Instant::now() + DELAY, bytes)).await.is_err() {
                            return;
                        }
                    }
                };
                let back = async {
                    while let Some((at, bytes)) = receive.recv().await {
                        sleep_until(at).await;
                        if to_client.write_all(&bytes).await.is_err() {
                            return;
                        }
                    }
                    // The server said its last: who reads to the end waits for this.
                    let _ = to_client.shutdown().await;
                };
                let _ = tokio::join!(tokio::io::copy(&mut from_client, &mut to_server), read, back);
            });
        }
    });
    address
}

fn scan(criterion: &mut Criterion) {
    // As the program has it: what is written behind runs on another thread.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let memcached = Memcached::start(&runtime);
    let far = runtime.block_on(async { tokio::spawn(delayed(memcached.1.clone())).await.unwrap() });
    let mut group = criterion.benchmark_group("publishing of a scan");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(20));
    for (name, server) in
        [("serving alone", None), ("memcached at hand", Some(&memcached.1)), ("memcached 120 ms away", Some(&far))]
    {
        let scan = runtime.block_on(async {
            let builder = Cache::builder(Clock::System, "bench");
            let cache = match server {
                Some(server) => builder.l2(Arc::new(MemcachedL2::new(server).unwrap())).build(),
                None => builder.build(),
            };
            let scan = Scan::over(cache, ROWS, BREAKDOWNS).await;
            // The first round takes the numbers of the writers.
            scan.publish().await;
            scan
        });
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter_custom(|rounds| {
                let scan = &scan;
                async move {
                    let mut took = Duration::ZERO;
                    for _ in 0..rounds {
                        took += scan.publish().await;
                    }
                    took
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, scan);
criterion_main!(benches);
