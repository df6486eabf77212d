//! The simulated market: every contract, moved on tick by tick.
//!
//! It knows no socket and no clock. The same seed, start and recordings make the same market, and the same steps keep
//! it so, whoever watches.

use std::{collections::HashMap, sync::Arc};

use schema::{Symbol, UnixMs};

use super::{
    candle::MINUTE,
    catalogue::{Listing, listing, listings},
    contract::{Changes, Contract, Tick},
    history::{Epochs, TideTable},
    noise::Noise,
    replay::{Replay, Window},
    table::Recorded,
    walk::{Tide, Walk},
};

/// Between two ticks, in ms.
pub(crate) const TICK_MS: i64 = 100;
/// Farther behind than this, the market goes on in steps of a minute until it has caught up.
const BEHIND_MS: i64 = 2 * MINUTE;

/// A market.
#[derive(Debug, Clone)]
pub(crate) struct Market {
    now: i64,
    tide: Walk,
    noise: Noise,
    contracts: Vec<Contract>,
    places: HashMap<Symbol, usize>,
    window: Option<Window>,
    changes: Changes,
}

impl Market {
    /// The invented market of this many contracts, standing at `start`.
    pub(crate) fn invented(seed: u64, symbols: u16, start: UnixMs) -> Self {
        let listings = listings(seed, symbols, start.0).into_iter().map(|listing| (listing, None)).collect();
        Self::new(seed, listings, None, start.0)
    }

    /// The market of recorded contracts, standing at `start`.
    pub(crate) fn recorded(seed: u64, recorded: Vec<Recorded>, window: Window, start: UnixMs) -> Self {
        let listings = recorded.into_iter().enumerate().map(|(rank, one)| {
            let symbol = one.symbol;
            let base = symbol.as_str().strip_suffix("USDT").unwrap_or(symbol.as_str()).to_owned();
            let traits = listing(seed, rank, symbol, base, one.price, one.tick, start.0);
            let listing = Listing { turnover: one.turnover, ..traits };
            (listing, Some(Replay::new(Arc::new(one.recording), window)))
        });
        Self::new(seed, listings.collect(), Some(window), start.0)
    }

    fn new(seed: u64, listings: Vec<(Listing, Option<Replay>)>, window: Option<Window>, start: i64) -> Self {
        let epochs = Epochs::before(start);
        let (tides, mut tide, mut noise) = TideTable::new(seed, epochs);
        let mut ticks = Vec::new();
        let mut now = epochs.live;
        while now + TICK_MS <= start {
            ticks.push(next_tick(&mut tide, &mut noise, now, now + TICK_MS));
            now += TICK_MS;
        }
        let contracts = in_parallel(listings, |(listing, replay)| {
            let mut contract = Contract::new(seed, listing, replay, &tides, epochs);
            let mut changes = Changes::default();
            for &tick in &ticks {
                contract.tick(tick, &mut changes);
            }
            contract
        });
        let places = contracts.iter().enumerate().map(|(place, contract)| (contract.listing().symbol, place)).collect();
        Self { now, tide, noise, contracts, places, window, changes: Changes::default() }
    }

    /// Moves on to `now` in ticks of 100 ms; `seen` is called with each contract after each tick.
    ///
    /// A market that is more than two minutes behind, because the machine slept, catches up by the minute.
    pub(crate) fn step(&mut self, now: UnixMs, mut seen: impl FnMut(i64, usize, &Contract, &Changes)) {
        while self.now + TICK_MS <= now.0 {
            let next = if now.0 - self.now > BEHIND_MS {
                (self.now.div_euclid(MINUTE) + 1) * MINUTE
            } else {
                self.now + TICK_MS
            };
            let tick = next_tick(&mut self.tide, &mut self.noise, self.now, next);
            self.now = next;
            for (place, contract) in self.contracts.iter_mut().enumerate() {
                contract.tick(tick, &mut self.changes);
                seen(next, place, contract, &self.changes);
            }
        }
    }

    /// From now on trades come so many times as often as they did, each as much smaller.
    pub(crate) fn quicken(&mut self, times: u8) {
        for contract in &mut self.contracts {
            contract.quicken(times);
        }
    }

    /// The market's time.
    pub(crate) const fn now(&self) -> UnixMs {
        UnixMs(self.now)
    }

    /// How often the recording has started over.
    pub(crate) fn restarts(&self) -> i64 {
        self.window.map_or(0, |window| window.restarts(self.now))
    }

    /// Every contract, the most traded first.
    pub(crate) fn contracts(&self) -> &[Contract] {
        &self.contracts
    }

    /// The place of a contract among all.
    pub(crate) fn place(&self, symbol: Symbol) -> Option<usize> {
        self.places.get(&symbol).copied()
    }

    /// The contract with this symbol.
    pub(crate) fn contract(&self, symbol: Symbol) -> Option<&Contract> {
        self.place(symbol).map(|place| &self.contracts[place])
    }
}

fn next_tick(tide: &mut Walk, noise: &mut Noise, from: i64, to: i64) -> Tick {
    tide.advance((to - from) as f64 / MINUTE as f64, noise);
    Tick { from, to, tide: Tide::from(&*tide) }
}

/// Makes each of a list on as many threads as there are processors, in order.
fn in_parallel<A: Send, B: Send>(list: Vec<A>, make: impl Fn(A) -> B + Sync) -> Vec<B> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = list.len().div_ceil(workers).max(1);
    let make = &make;
    std::thread::scope(|scope| {
        let mut rest = list.into_iter();
        let mut running = Vec::new();
        loop {
            let chunk: Vec<A> = rest.by_ref().take(share).collect();
            if chunk.is_empty() {
                break;
            }
            running.push(scope.spawn(move || chunk.into_iter().map(make).collect::<Vec<B>>()));
        }
        running
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
