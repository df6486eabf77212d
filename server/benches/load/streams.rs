//! Whether every client gets every change, how late, and what it costs the server.

use std::{
    cell::RefCell,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::processes::Process;

/// What the Scores page listens to.
const TOPICS: &str = "headline,monitor,shared,signals";
/// What is read of a line: header and base stand at its beginning.
const HEAD: usize = 512;
/// Delays are counted by the millisecond up to here.
const LONGEST_MS: usize = 20_000;
/// Clients that connect in a tenth of a second.
const AT_ONCE: usize = 50;

thread_local! {
    /// One for all clients of a thread, so that the clients themselves weigh little.
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; 1 << 18]);
}

/// What all clients count together.
struct Tally {
    counting: AtomicBool,
    connected: AtomicUsize,
    whole: AtomicU64,
    delivered: AtomicU64,
    missing: AtomicU64,
    ended: AtomicUsize,
    bytes: AtomicU64,
    delays_ms: Vec<AtomicU64>,
    /// The newest change that any client received.
    newest: AtomicU64,
    /// Of each client, the last.
    last: Vec<AtomicU64>,
    /// Of the first client, the changes that were counted.
    first: Mutex<Vec<u64>>,
}

/// The number after a name in a text of JSON, from a place on.
fn number(text: &str, from: usize, name: &str) -> Option<(u64, usize)> {
    let start = text[from..].find(name)? + from + name.len();
    let digits = text[start..].find(|c: char| !c.is_ascii_digit())?;
    Some((text[start..start + digits].parse().ok()?, start))
}

struct Client {
    place: usize,
    /// The beginning of the line that is being read.
    line: Vec<u8>,
    /// The write that its list stands at.
    at: Option<u64>,
}

impl Client {
    fn take(&mut self, bytes: &[u8], tally: &Tally) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = HEAD - self.line.len();
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.ends_with(b"\n") {
                // A line may be cut within a letter of a name; those stand after what is read.
                let line = String::from_utf8_lossy(&self.line).into_owned();
                self.line.clear();
                self.read(&line, tally);
            }
        }
    }

    fn read(&mut self, line: &str, tally: &Tally) {
        let counting = tally.counting.load(Ordering::Relaxed);
        if line.starts_with("data: {\"signals\":") {
            self.at = number(line, 0, "\"seq\":").map(|(seq, _)| seq);
            tally.whole.fetch_add(u64::from(counting), Ordering::Relaxed);
        } else if line.starts_with("data: {\"signals_delta\":") {
            let (seq, after) = number(line, 0, "\"seq\":").expect("a change has a stamp");
            let (written_at, after) =
                number(line, after, "\"written_at\":").expect("a change says when it was written");
            let (base, _) =
                line[after..].find("\"base\":").and_then(|n| number(line, after + n, "\"seq\":")).expect("a base");
            if counting {
                match self.at {
                    Some(at) if at == base => tally.delivered.fetch_add(1, Ordering::Relaxed),
                    _ => tally.missing.fetch_add(1, Ordering::Relaxed),
                };
                let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
                let late = usize::try_from(now.saturating_sub(written_at.into())).unwrap().min(LONGEST_MS - 1);
                tally.delays_ms[late].fetch_add(1, Ordering::Relaxed);
                if self.place == 0 {
                    tally.first.lock().unwrap().push(seq);
                }
            }
            self.at = Some(seq);
        }
        if let Some(at) = self.at {
            tally.last[self.place].store(at, Ordering::Relaxed);
            tally.newest.fetch_max(at, Ordering::Relaxed);
        }
    }
}

async fn follow(addr: SocketAddr, place: usize, tally: Arc<Tally>) {
    let mut stream = TcpStream::connect(addr).await.expect("every client is let in");
    // To HTTP/1.0 a body is sent as it is, without chunks.
    let ask = format!("GET /api/v1/stream?topics={TOPICS} HTTP/1.0\r\nhost: load\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut client = Client { place, line: Vec::with_capacity(HEAD), at: None };
    let mut answered = false;
    while stream.readable().await.is_ok() {
        let read = READ.with_borrow_mut(|buffer| match stream.try_read(buffer) {
            Ok(read) => {
                if read > 0 && !answered {
                    assert!(buffer.starts_with(b"HTTP/1.0 200"), "a stream is answered");
                    answered = true;
                    tally.connected.fetch_add(1, Ordering::Relaxed);
                }
                client.take(&buffer[..read], &tally);
                Some(read)
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => None,
            Err(_) => Some(0),
        });
        match read {
            Some(0) => break,
            Some(read) => drop(tally.bytes.fetch_add(read as u64, Ordering::Relaxed)),
            None => {}
        }
    }
    tally.ended.fetch_add(1, Ordering::Relaxed);
}

/// The delay that a share of all stayed within, in ms.
fn within(delays_ms: &[AtomicU64], share: f64) -> usize {
    let all: u64 = delays_ms.iter().map(|count| count.load(Ordering::Relaxed)).sum();
    let mut seen = 0;
    delays_ms
        .iter()
        .position(|count| {
            seen += count.load(Ordering::Relaxed);
            seen as f64 >= all as f64 * share
        })
        .unwrap_or(LONGEST_MS)
}

/// Opens the streams, counts for a while, and returns whether nothing was missing.
pub(crate) async fn measure(program: &Process, clients: usize, seconds: Duration) -> bool {
    let tally = Arc::new(Tally {
        counting: AtomicBool::new(false),
        connected: AtomicUsize::new(0),
        whole: AtomicU64::new(0),
        delivered: AtomicU64::new(0),
        missing: AtomicU64::new(0),
        ended: AtomicUsize::new(0),
        bytes: AtomicU64::new(0),
        delays_ms: (0..LONGEST_MS).map(|_| AtomicU64::new(0)).collect(),
        newest: AtomicU64::new(0),
        last: (0..clients).map(|_| AtomicU64::new(0)).collect(),
        first: Mutex::new(Vec::new()),
    });
    let alone_mb = program.megabytes("VmRSS");
    for place in 0..clients {
        tokio::spawn(follow(program.addr, place, Arc::clone(&tally)));
        if place % AT_ONCE == AT_ONCE - 1 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let behind = |mark: u64| tally.last.iter().filter(|last| last.load(Ordering::Relaxed) < mark).count();
    let patience = Duration::from_secs(60);
    let began = Instant::now();
    while behind(1) > 0 && began.elapsed() < patience {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("{} of {clients} streams are open, {} have no list", tally.connected.load(Ordering::Relaxed), behind(1));

    let (processor_s, bytes) = (program.processor_s(), tally.bytes.load(Ordering::Relaxed));
    tally.counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(seconds).await;
    tally.counting.store(false, Ordering::Relaxed);
    let share = (program.processor_s() - processor_s) / seconds.as_secs_f64();
    let megabytes_per_s = (tally.bytes.load(Ordering::Relaxed) - bytes) as f64 / 1e6 / seconds.as_secs_f64();
    // Each client has to get to where the first of them was by then.
    let (mark, began) = (tally.newest.load(Ordering::Relaxed), Instant::now());
    while behind(mark) > 0 && began.elapsed() < patience {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (delivered, missing, whole) = (count(&tally.delivered), count(&tally.missing), count(&tally.whole));
    let (ended, behind) = (tally.ended.load(Ordering::Relaxed), behind(mark));
    let changes = tally.first.lock().unwrap().len();
    println!(
        "{changes} changes in {} s to each of {clients} clients: {delivered} delivered, {missing} missing, {whole} lists sent whole \
         instead, {ended} streams ended, {behind} behind in the end",
        seconds.as_secs()
    );
    println!(
        "from written to read (a flush of up to 250 ms is in it): p50 {} ms, p99 {} ms; {megabytes_per_s:.1} MB/s",
        within(&tally.delays_ms, 0.5),
        within(&tally.delays_ms, 0.99)
    );
    println!(
        "the server: {:.0} MB resident, {:.0} MB at most, {alone_mb:.0} MB before; {share:.2} of a core",
        program.megabytes("VmRSS"),
        program.megabytes("VmHWM")
    );
    let sound = missing == 0 && whole == 0 && ended == 0 && behind == 0;
    sound && delivered > 0
}
