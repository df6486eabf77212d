//! Rows of the REST answers, in the exchange's words.

use super::{
    catalogue::Listing,
    contract::Contract,
    fill::Fill,
    fixed::Step,
    frames::{identity, levels, side, ticker_fields},
    json::Json,
    positions::Sample,
};

/// A row of `/v5/market/instruments-info`.
pub(crate) fn instrument(listing: &Listing, out: &mut String) {
    let mut row = Json::object(out);
    row.text("symbol", listing.symbol.as_str()).number("symbolId", listing.id);
    row.text("contractType", "LinearPerpetual").text("status", "Trading");
    row.text("baseCoin", &listing.base).text("quoteCoin", "USDT");
    row.digits("launchTime", listing.launched_at).text("deliveryTime", "0").text("deliveryFeeRate", "");
    row.digits("priceScale", listing.tick.scale);
    let mut leverage = Json::object(row.member("leverageFilter"));
    leverage.text("minLeverage", "1").text("maxLeverage", "50.00").text("leverageStep", "0.01");
    leverage.end();
    let mut prices = Json::object(row.member("priceFilter"));
    prices.steps("minPrice", listing.tick, 1).steps("maxPrice", listing.tick, 1_999_999_999).steps(
        "tickSize",
        listing.tick,
        1,
    );
    prices.end();
    let most = 10_000_000;
    let mut lots = Json::object(row.member("lotSizeFilter"));
    lots.steps("maxOrderQty", listing.lot, most).steps("minOrderQty", listing.lot, 1).steps("qtyStep", listing.lot, 1);
    lots.steps("postOnlyMaxOrderQty", listing.lot, most).steps("maxMktOrderQty", listing.lot, most / 5);
    lots.text("minNotionalValue", "5");
    lots.end();
    row.flag("unifiedMarginTrade", true).number("fundingInterval", u32::from(listing.funding_hours) * 60);
    row.text("settleCoin", "USDT").text("copyTrading", "both");
    row.decimal("upperFundingRate", i128::from(listing.funding_cap), 8);
    row.decimal("lowerFundingRate", -i128::from(listing.funding_cap), 8);
    row.text("displayName", "").flag("isPreListing", false);
    row.member("preListingInfo").push_str("null");
    let mut risk = Json::object(row.member("riskParameters"));
    risk.text("priceLimitRatioX", "0.01").text("priceLimitRatioY", "0.02");
    risk.end();
    row.text("symbolType", "").flag("skipCallAuction", false);
    row.end();
}

/// A row of `/v5/market/tickers`.
pub(crate) fn ticker(contract: &Contract, out: &mut String) {
    let mut row = Json::object(out);
    row.text("symbol", contract.listing().symbol.as_str());
    ticker_fields(contract.listing(), contract.ticker(), None, &mut row);
    for name in ["predictedDeliveryPrice", "basisRate", "basisRateYear", "basis", "deliveryFeeRate"] {
        row.text(name, "");
    }
    row.text("deliveryTime", "0").text("preOpenPrice", "").text("preQty", "").text("curPreListingPhase", "");
    row.end();
}

/// A row of `/v5/market/recent-trade`.
pub(crate) fn trade(contract: &Contract, fill: &Fill, out: &mut String) {
    let listing = contract.listing();
    let mut row = Json::object(out);
    row.text("execId", &identity(contract, fill)).text("symbol", listing.symbol.as_str());
    row.steps("price", listing.tick, fill.price).steps("size", listing.lot, fill.lots).text("side", side(fill));
    row.digits("time", fill.at).flag("isBlockTrade", false).flag("isRPITrade", false).digits("seq", fill.sequence);
    row.end();
}

/// A row of `/v5/market/open-interest`.
pub(crate) fn open_interest(listing: &Listing, sample: Sample, out: &mut String) {
    let mut row = Json::object(out);
    row.steps("openInterest", listing.lot, 2 * sample.amount).steps("singleOpenInterest", listing.lot, sample.amount);
    row.digits("timestamp", sample.at);
    row.end();
}

/// A row of `/v5/market/funding/history`.
pub(crate) fn funding(listing: &Listing, sample: Sample, out: &mut String) {
    let mut row = Json::object(out);
    row.text("symbol", listing.symbol.as_str()).decimal("fundingRate", i128::from(sample.amount), 8);
    row.digits("fundingRateTimestamp", sample.at);
    row.end();
}

/// A row of `/v5/market/account-ratio`.
pub(crate) fn accounts(listing: &Listing, sample: Sample, out: &mut String) {
    let share = Step::power(-4);
    let mut row = Json::object(out);
    row.text("symbol", listing.symbol.as_str());
    row.steps("buyRatio", share, sample.amount).steps("sellRatio", share, 10_000 - sample.amount);
    row.digits("timestamp", sample.at);
    row.end();
}

/// The result of `/v5/market/orderbook`.
pub(crate) fn order_book(contract: &Contract, depth: usize, at: i64, out: &mut String) {
    let (listing, book) = (contract.listing(), contract.book());
    let mut row = Json::object(out);
    row.text("s", listing.symbol.as_str());
    levels(listing, &book.bids()[..depth.min(book.bids().len())], row.member("b"));
    levels(listing, &book.asks()[..depth.min(book.asks().len())], row.member("a"));
    row.number("ts", at).number("u", book.update()).number("seq", contract.sequence()).number("cts", at);
    row.end();
}
