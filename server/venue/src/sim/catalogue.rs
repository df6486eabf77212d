//! What the simulated exchange lists.

use schema::Symbol;

use super::{
    fixed::Step,
    noise::{Noise, mix, whole},
};

/// A contract as it is listed, with the traits that shape its market.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listing {
    /// Its symbol.
    pub(crate) symbol: Symbol,
    /// Its base coin.
    pub(crate) base: String,
    /// The number the exchange gives it.
    pub(crate) id: u32,
    /// The price around which it begins, in quote currency.
    pub(crate) price: f64,
    /// The price step.
    pub(crate) tick: Step,
    /// The size step.
    pub(crate) lot: Step,
    /// Turnover of an ordinary day, in quote currency.
    pub(crate) turnover: f64,
    /// Trades per second in ordinary times.
    pub(crate) trades_per_s: f64,
    /// How strongly it follows the common walk.
    pub(crate) beta: f64,
    /// The deviation of its own walk per minute.
    pub(crate) sigma: f64,
    /// The distance of the best bid and ask, in ticks.
    pub(crate) spread: i64,
    /// Hours between fundings: 8, 4 or 1.
    pub(crate) funding_hours: u8,
    /// The limit of a funding rate, in 10^−8.
    pub(crate) funding_cap: i64,
    /// When it was listed, in ms.
    pub(crate) launched_at: i64,
}

/// Bases with the price they begin at and the exponent of their tick.
const BASES: [(&str, f64, i8); 84] = [
    ("BTC", 95_000.0, -1),
    ("ETH", 3_200.0, -2),
    ("SOL", 185.0, -2),
    ("XRP", 2.35, -4),
    ("DOGE", 0.185, -5),
    ("BNB", 880.0, -1),
    ("1000PEPE", 0.0068, -7),
    ("SUI", 2.1, -4),
    ("HYPE", 38.0, -3),
    ("ADA", 0.58, -4),
    ("ZEC", 410.0, -2),
    ("LINK", 15.6, -3),
    ("AVAX", 17.2, -3),
    ("ENA", 0.31, -4),
    ("LTC", 98.0, -2),
    ("WIF", 0.46, -4),
    ("AAVE", 190.0, -2),
    ("ASTER", 1.12, -4),
    ("TAO", 370.0, -2),
    ("PUMPFUN", 0.0036, -6),
    ("FARTCOIN", 0.29, -4),
    ("XPL", 0.27, -4),
    ("BCH", 510.0, -1),
    ("DOT", 2.85, -4),
    ("TRX", 0.285, -5),
    ("UNI", 7.4, -3),
    ("NEAR", 2.45, -3),
    ("TON", 1.95, -4),
    ("FIL", 2.05, -4),
    ("APT", 3.05, -4),
    ("ARB", 0.26, -5),
    ("OP", 0.39, -4),
    ("WLD", 0.78, -4),
    ("TRUMP", 7.3, -3),
    ("1000BONK", 0.0118, -6),
    ("SHIB1000", 0.0091, -6),
    ("ETC", 14.9, -3),
    ("ICP", 5.4, -3),
    ("HBAR", 0.165, -5),
    ("XLM", 0.265, -5),
    ("INJ", 6.7, -3),
    ("TIA", 0.92, -4),
    ("SEI", 0.165, -5),
    ("ONDO", 0.57, -4),
    ("CRV", 0.47, -4),
    ("LDO", 0.81, -4),
    ("PENDLE", 2.4, -4),
    ("JUP", 0.31, -4),
    ("RENDER", 2.1, -3),
    ("GALA", 0.0086, -6),
    ("SAND", 0.19, -5),
    ("MANA", 0.21, -5),
    ("ATOM", 2.75, -4),
    ("ALGO", 0.155, -5),
    ("VET", 0.0148, -6),
    ("DYDX", 0.27, -4),
    ("1000FLOKI", 0.056, -5),
    ("POPCAT", 0.125, -5),
    ("MOODENG", 0.082, -5),
    ("PENGU", 0.0145, -6),
    ("VIRTUAL", 1.25, -4),
    ("AIXBT", 0.057, -5),
    ("KAITO", 0.84, -4),
    ("EIGEN", 0.77, -4),
    ("STRK", 0.165, -5),
    ("ZK", 0.052, -5),
    ("IMX", 0.41, -4),
    ("STX", 0.38, -4),
    ("GRT", 0.054, -5),
    ("AXS", 1.25, -4),
    ("APE", 0.32, -4),
    ("CHZ", 0.033, -5),
    ("ENS", 13.1, -3),
    ("1INCH", 0.195, -5),
    ("COMP", 33.0, -2),
    ("SNX", 0.62, -4),
    ("SUSHI", 0.43, -4),
    ("XMR", 395.0, -2),
    ("DASH", 78.0, -2),
    ("KAS", 0.047, -6),
    ("ORDI", 4.4, -3),
    ("10000SATS", 0.00021, -8),
    ("MKR", 1_450.0, -1),
    ("XAUT", 4_080.0, -1),
];

/// The first `count` contracts, the most traded first.
///
/// Beyond the known names the list goes on with invented ones. The names do not depend on the seed; the traits do.
pub(crate) fn listings(seed: u64, count: u16, start: i64) -> Vec<Listing> {
    let mut names = InventedNames::new();
    (0..usize::from(count))
        .filter_map(|rank| {
            let (base, price, exponent) = BASES
                .get(rank)
                .map_or_else(|| names.next_contract(), |&(base, price, exponent)| (base.to_owned(), price, exponent));
            let symbol = Symbol::new(&format!("{base}USDT")).ok()?;
            Some(listing(seed, rank, symbol, base, price, Step::power(exponent), start))
        })
        .collect()
}

/// A contract of this rank with traits drawn for it.
pub(crate) fn listing(
    seed: u64,
    rank: usize,
    symbol: Symbol,
    base: String,
    price: f64,
    tick: Step,
    start: i64,
) -> Listing {
    let mut noise = Noise::new(seed, mix(spelling(symbol.as_str())));
    let place = rank as f64 + 1.0;
    let turnover = 6e9 * place.powf(-1.1) * noise.skewed(0.15);
    let leader = base == "BTC";
    let gold = matches!(base.as_str(), "XAUT" | "PAXG");
    let beta = if leader {
        1.0
    } else if gold {
        0.05
    } else {
        noise.between(0.7, 1.7)
    };
    let sigma = if leader || gold { 0.000_12 } else { noise.between(0.000_5, 0.001_3) * (1.0 + place / 500.0) };
    let spread_share = 0.000_002 + 0.000_25 * (place / 600.0).sqrt() * noise.between(0.5, 1.5);
    let spread = if leader { 1 } else { whole(spread_share * price / tick.value()).max(1) };
    let (funding_hours, funding_cap) = match noise.below(10) {
        _ if rank < 5 => (8, 375_000),
        0..=4 => (4, 2_000_000),
        5 => (1, 4_000_000),
        _ => (8, 1_000_000),
    };
    Listing {
        symbol,
        base,
        id: u32::try_from(rank).unwrap_or(u32::MAX).saturating_add(5),
        price,
        tick,
        lot: lot_for(price),
        turnover,
        trades_per_s: (5.0 / place.powf(0.6)).max(0.3),
        beta,
        sigma,
        spread,
        funding_hours,
        funding_cap,
        launched_at: (start - 86_400_000 * (90 + noise.below(1_900))).div_euclid(3_600_000) * 3_600_000,
    }
}

/// The power of ten that is worth between a tenth and one of the quote currency at this price.
pub(crate) fn lot_for(price: f64) -> Step {
    let exponent = (1.0 / price).log10().floor().clamp(-8.0, 6.0);
    Step::power(i8::try_from(whole(exponent)).unwrap_or(0))
}

fn spelling(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Names that could be coins.
struct InventedNames {
    noise: Noise,
    used: std::collections::HashSet<String>,
}

impl InventedNames {
    fn new() -> Self {
        let used = BASES.iter().map(|(base, ..)| (*base).to_owned()).collect();
        Self { noise: Noise::new(0x51, 0x4e), used }
    }

    fn pick(&mut self, from: &[u8]) -> char {
        let index = usize::try_from(self.noise.below(i64::try_from(from.len()).unwrap_or(0))).unwrap_or(0);
        from.get(index).map_or('X', |&byte| char::from(byte))
    }

    fn next_contract(&mut self) -> (String, f64, i8) {
        loop {
            let mut base = String::new();
            for _ in 0..=self.noise.below(2) {
                base.push(self.pick(b"BCDFGHKLMNPRSTVZ"));
                base.push(self.pick(b"AEIOUY"));
            }
            base.push(self.pick(b"BDKLMNRSTXZ"));
            if self.used.insert(base.clone()) {
                let price = 10_f64.powf(self.noise.between(-2.7, 1.3));
                // Four significant digits, as exchanges choose their ticks.
                let exponent = price.log10().floor() - 3.0;
                return (base, price, i8::try_from(whole(exponent)).unwrap_or(-4));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const START: i64 = 1_790_000_000_000;

    #[test]
    fn six_hundred_contracts_are_all_different_and_bitcoin_leads() {
        let all = listings(1, 600, START);
        assert_eq!(all.len(), 600);
        assert_eq!(all.iter().map(|listing| listing.symbol).collect::<HashSet<_>>().len(), 600);
        assert_eq!(all[0].symbol.as_str(), "BTCUSDT");
        assert_eq!(all[1].symbol.as_str(), "ETHUSDT");
        assert!(all[0].turnover > 20.0 * all[59].turnover);
    }

    #[test]
    fn every_price_has_room_for_its_book_and_lots_are_small_change() {
        for listing in listings(3, 600, START) {
            let ticks = listing.price / listing.tick.value();
            assert!(ticks >= 900.0, "{}: {ticks} ticks", listing.symbol);
            let lot = listing.price * listing.lot.value();
            assert!((0.05..=2.0).contains(&lot), "{}: a lot is worth {lot}", listing.symbol);
        }
    }

    #[test]
    fn fundings_come_every_eight_four_or_one_hour() {
        let hours: HashSet<u8> = listings(1, 100, START).iter().map(|listing| listing.funding_hours).collect();
        assert_eq!(hours, HashSet::from([8, 4, 1]));
    }
}
