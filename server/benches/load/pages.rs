//! How long the Market page takes, and how many are served in a second.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::processes::{Process, same_bytes};

/// Pages that are each made for one request.
const MADE: usize = 500;
/// What a browser takes.
const BROTLI: &str = "gzip, deflate, br, zstd";
const CONNECTIONS: usize = 16;
/// Rounds of each server, in turn.
const ROUNDS: usize = 4;
const ROUND: Duration = Duration::from_secs(3);

/// A connection that is kept, and asks as a browser does.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(1 << 18) }
    }

    /// The body of a path.
    async fn get(&mut self, path: &str, encoding: &str) -> &[u8] {
        let ask = format!("GET {path} HTTP/1.1\r\nhost: load\r\naccept-encoding: {encoding}\r\n\r\n");
        self.stream.write_all(ask.as_bytes()).await.unwrap();
        self.buffer.clear();
        let (head, length) = loop {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the connection ended");
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end]).unwrap().to_ascii_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{head}");
            assert_eq!(head.contains("content-encoding: br"), encoding == BROTLI, "{head}");
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a page has a length");
            break (end + 4, length.parse::<usize>().unwrap());
        };
        while self.buffer.len() < head + length {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the connection ended");
        }
        &self.buffer[head..]
    }
}

/// Requests a second, of all connections together.
async fn requests_per_second(addr: SocketAddr) -> f64 {
    let end = Instant::now() + ROUND;
    let asking: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            tokio::spawn(async move {
                let (mut connection, mut answers) = (Connection::open(addr).await, 0_u32);
                while Instant::now() < end {
                    connection.get("/", BROTLI).await;
                    answers += 1;
                }
                answers
            })
        })
        .collect();
    let mut answers = 0;
    for asking in asking {
        answers += asking.await.unwrap();
    }
    f64::from(answers) / ROUND.as_secs_f64()
}

pub(crate) async fn measure(program: &Process) {
    let mut connection = Connection::open(program.addr).await;
    for (encoding, what) in [("identity", "made and sent"), (BROTLI, "made, compressed and sent")] {
        let mut took = Vec::with_capacity(MADE);
        for n in 0..MADE {
            // Nobody asked for this address before, so the page is made for it.
            let path = format!("/?n={n}");
            let began = Instant::now();
            connection.get(&path, encoding).await;
            took.push(began.elapsed().as_secs_f64() * 1e3);
        }
        took.sort_by(f64::total_cmp);
        let (least, p50, p99) = (took[0], took[MADE / 2], took[MADE * 99 / 100]);
        println!("the Market page, {what}: least {least:.2} ms, p50 {p50:.2} ms, p99 {p99:.2} ms of {MADE}");
    }

    let page = connection.get("/", BROTLI).await.to_vec();
    let bare = same_bytes(&page).await;
    let mut best = [0.0_f64; 2];
    for _ in 0..ROUNDS {
        for (best, addr) in best.iter_mut().zip([program.addr, bare.addr]) {
            *best = best.max(requests_per_second(addr).await);
        }
    }
    let ([served, bare], kb) = (best, page.len() as f64 / 1e3);
    println!(
        "requests/s of the Market page ({kb:.1} KB): {served:.0}; the same bytes as a static body: {bare:.0}; ratio {:.2}",
        served / bare
    );
}
