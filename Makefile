# Everything a person does with this repository. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run dev build test e2e bench load bench-ta-lib parity accept distribution size fuzz soak sorting weather screenshots fmt lint unit docs \
        clean rebuild need-rust need-node need-wasm need-leptos need-bindgen need-wasm-opt need-nextest need-system

LEPTOS_VERSION := 0.3.11
BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock)
NEXTEST_VERSION := 0.9.143
FUZZ_VERSION := 0.13.1
TOOLS := $(CURDIR)/target/tools
CARGO_HOME := $(or $(CARGO_HOME),$(HOME)/.cargo)
# What `cargo leptos` finds when it is typed without make: rustup puts cargo's own programs first.
PLAIN_PATH := $(CARGO_HOME)/bin:$(PATH)
CRATES := -p schema -p cache -p analysis -p engine -p history -p venue -p app -p server --features app/ssr

export PATH := $(TOOLS)/bin:$(PLAIN_PATH)
export CARGO_TERM_COLOR ?= never
# Programs that are only run, never debugged.
INSTALL := CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_INCREMENTAL=false cargo install --debug --quiet

help: ## list what can be made
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build what is missing, start, and say where the dashboard is
	@exec target/release/virtuoso serve

dev: need-leptos need-bindgen ## rebuild and reload on every change (cargo leptos watch)
	cargo leptos watch

# Built again when a source is newer, or when a debug build has put its own page into target/site.
BUILT := target/release/.server-and-page
SOURCES := Cargo.toml Cargo.lock .cargo/config.toml $(shell find app server frontend style public config -type f -not -path '*/tests/*')
PAGE := $(wildcard target/site/pkg/virtuoso.$(shell sed -n 's/^js: *//p' target/release/hash.txt 2>/dev/null).js)

build: $(BUILT) ## build the server and the page for release
$(BUILT): $(SOURCES) $(if $(PAGE),,rebuild) | need-leptos need-bindgen need-wasm-opt
	cargo leptos build --release --precompress --split --lib-features split
	@touch $@
rebuild:

test: fmt lint unit docs plain e2e size ## everything that has to pass

fmt: need-rust
	cargo fmt --all --check

lint: need-wasm
	cargo clippy $(CRATES) --all-targets --locked -- -D warnings
	cargo clippy -p frontend --target wasm32-unknown-unknown --locked -- -D warnings
	cargo clippy -p frontend --target wasm32-unknown-unknown --features split --locked -- -D warnings

# A folder that is not this one and an environment of its own: nothing that make sets may be needed.
plain: need-leptos need-bindgen need-wasm-opt ## what `cargo leptos` needs when it is typed without make
	@plain() { env -i HOME="$(HOME)" CARGO_HOME="$(CARGO_HOME)" PATH="$(PLAIN_PATH)" "$$@"; }; \
	  fail() { echo "cargo leptos without make: $$1"; exit 1; }; \
	  found="$$(plain cargo leptos --version)" || fail "cargo-leptos does not start"; \
	  found="$$(grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<< "$$found" | head -n 1 || true)"; \
	  [[ -n "$$found" && "$$(printf '%s\n' "$$found" $(LEPTOS_VERSION) | sort -V | head -n 1)" == $(LEPTOS_VERSION) ]] || \
	    fail "it is '$$found', cargo-leptos $(LEPTOS_VERSION) or later is needed"; \
	  found="$$(plain wasm-bindgen --version || true)"; \
	  [[ "$$found" == "wasm-bindgen $(BINDGEN_VERSION)" ]] || fail "it would use '$$found', Cargo.lock needs wasm-bindgen $(BINDGEN_VERSION)"; \
	  found="$$(plain wasm-opt --version || true)"; \
	  (( $$(grep -oE '[0-9]+' <<< "$$found" | head -n 1 || echo 0) >= $(WASM_OPT_LEAST) )) || fail "it would use '$$found', wasm-opt $(WASM_OPT_LEAST) or later is needed"; \
	  echo "cargo leptos without make: its programs are there"

unit: need-nextest need-system ## tests of all crates
	cargo nextest run $(CRATES) --locked --no-fail-fast
	cargo test --doc $(CRATES) --locked

docs: need-rust ## the documentation of all crates
	RUSTDOCFLAGS="-D warnings" cargo doc $(CRATES) --no-deps --locked

e2e: build need-system ## tests in a browser, against the release build
	cd end2end && npx tsc && npx playwright test

bench: need-rust ## figures of the cache and the analysis
	cargo bench -p cache -p analysis -p engine --locked

load: need-rust ## pages and open streams under load (LOAD_CLIENTS=5000 LOAD_SYMBOLS=600 LOAD_SECONDS=30)
	cargo bench -p server --bench load --locked

PYTHON := $(TOOLS)/python/bin/python
bench-ta-lib: need-ta-lib ## the analysis against TA-Lib's C library through Python, in one run
	VIRTUOSO_PYTHON=$(PYTHON) cargo bench -p analysis --bench against_ta_lib --locked

RECORDED_LINEAR := ../shared/fixtures/bybit/klines-linear-2025-10
parity: need-ta-lib ## every candle indicator against TA-Lib over recorded candles, computed in this run
	@[[ -d $(RECORDED_LINEAR) ]] || { echo "there are no recorded candles in $(RECORDED_LINEAR)"; exit 1; }
	VIRTUOSO_PYTHON=$(PYTHON) cargo test -p analysis --test ta_lib --locked -- --nocapture over_recorded_candles

accept: need-rust ## take over changed golden days, to be reviewed as a diff
	VIRTUOSO_ACCEPT=1 cargo test -p analysis --test golden --locked
	git diff --stat -- server/analysis/tests/golden

# What is above the first heading of the page is written by hand.
RECORDED := ../shared/fixtures/binance-usdm
ANALYSE := target/release/virtuoso analyse --report --every 17
DISTRIBUTION_MINUTES ?= 40
DISTRIBUTION_MARKET := target/distribution/market
distribution: need-rust ## how scores are distributed and what followed them, into docs/DISTRIBUTION.md (DISTRIBUTION_MINUTES=40 of a simulated market are recorded)
	@[[ -d $(RECORDED) ]] || { echo "there are no recorded candles in $(RECORDED)"; exit 1; }
	cargo build --release -p server --features app/ssr --locked
	rm -rf $(DISTRIBUTION_MARKET) && mkdir -p $(dir $(DISTRIBUTION_MARKET))
	timeout --preserve-status -s INT $(DISTRIBUTION_MINUTES)m \
	  target/release/virtuoso record $(DISTRIBUTION_MARKET) --source sim --symbols 600
	{ sed '/^## /,$$d' docs/DISTRIBUTION.md; \
	  $(ANALYSE) --candles $(RECORDED)/klines-1m-2025-06 --skip 2000; echo; \
	  $(ANALYSE) --candles $(RECORDED)/klines-5m-2023-07/csv --skip 4000; echo; \
	  $(ANALYSE) --recording $(DISTRIBUTION_MARKET); } > target/DISTRIBUTION.md
	mv target/DISTRIBUTION.md docs/DISTRIBUTION.md

size: build need-system ## what a phone has to load; fails over the limits in end2end/tests/size.spec.ts
	cd end2end && SIZE=1 npx playwright test size

FUZZ_SECONDS ?= 60
fuzz: need-fuzz ## throw any bytes at what reads the shared cache and the exchanges (FUZZ_SECONDS=60; a nightly compiler is needed)
	cd server/cache && RUSTUP_TOOLCHAIN=nightly cargo fuzz run envelope -- -max_total_time=$(FUZZ_SECONDS) -max_len=4096
	@cd server/venue/fuzz && mkdir -p corpus/bybit_frames corpus/binance_frames corpus/bodies && \
	  split -l 1 ../tests/payloads/bybit/stream.jsonl corpus/bybit_frames/documented- && \
	  split -l 1 ../tests/payloads/binance/market.jsonl corpus/binance_frames/documented-
	cd server/venue && export RUSTUP_TOOLCHAIN=nightly && \
	  cargo fuzz run bybit_frames -- -max_total_time=$(FUZZ_SECONDS) -max_len=4096 && \
	  cargo fuzz run binance_frames -- -max_total_time=$(FUZZ_SECONDS) -max_len=4096 && \
	  cargo fuzz run bodies fuzz/corpus/bodies tests/payloads/bybit tests/payloads/binance -- \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=4096

SOAK_MINUTES ?= 10
soak: build need-system ## 600 symbols for some minutes with the dashboard open (SOAK_MINUTES=10)
	cd end2end && SOAK_MINUTES=$(SOAK_MINUTES) npx playwright test soak

sorting: build need-system ## how long re-sorting a list of 600 takes, on a quarter of the processor
	cd end2end && SORTING=1 npx playwright test sorting --project phone

WEATHER_SECONDS ?= 20
weather: build need-system ## every fault of the exchange in turn, each price on screen held against the market (WEATHER_SECONDS=20)
	cd end2end && WEATHER_SECONDS=$(WEATHER_SECONDS) npx playwright test weather --project phone

screenshots: build need-system ## pictures of every page, into docs/screenshots
	cd end2end && SCREENSHOTS=1 npx playwright test screenshots

clean: ## remove everything that was built
	cargo clean

need-rust:
	@command -v rustup >/dev/null || { echo "rustup is missing: see https://rustup.rs"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: install gcc or clang (Debian: apt-get install gcc libc6-dev)"; exit 1; }

need-node:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "Node is missing: see https://nodejs.org (version 20 or later)"; exit 1; }

need-wasm: need-rust
	@rustup target list --installed | grep -qx wasm32-unknown-unknown || { \
	  echo "installing the wasm32 target: the page is Rust compiled for the browser"; \
	  rustup target add wasm32-unknown-unknown; }

# One of its dependencies asks for a newer compiler than it uses, hence --ignore-rust-version.
need-leptos: need-wasm
	@found="$$(cargo leptos --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1 || true)"; \
	  [[ -n "$$found" && "$$(printf '%s\n' "$$found" $(LEPTOS_VERSION) | sort -V | head -n 1)" == $(LEPTOS_VERSION) ]] || { \
	  echo "installing cargo-leptos $(LEPTOS_VERSION): it builds the server and the page together (4 to 9 minutes, once)"; \
	  $(INSTALL) cargo-leptos --version $(LEPTOS_VERSION) --locked --ignore-rust-version --features no_downloads; }

# cargo-leptos takes the wasm-bindgen and the wasm-opt that it finds, of any version. So both are installed where cargo keeps its programs,
# and also work when `cargo leptos` is typed without make. A program of another version there belongs to somebody: it is left alone, and
# make uses one of its own.
need-bindgen: need-rust
	@needed="wasm-bindgen $(BINDGEN_VERSION)"; root="$(CARGO_HOME)"; \
	  found="$$(PATH='$(PLAIN_PATH)' wasm-bindgen --version 2>/dev/null || true)"; \
	  [[ "$$found" != "$$needed" ]] || exit 0; \
	  if [[ -n "$$found" ]]; then \
	    root="$(TOOLS)"; \
	    [[ "$$(wasm-bindgen --version 2>/dev/null)" != "$$needed" ]] || exit 0; \
	    echo "'$$found' is left as it is. To type 'cargo leptos' without make: cargo install wasm-bindgen-cli --version $(BINDGEN_VERSION) --force"; \
	  fi; \
	  echo "installing $$needed: it connects the page's Rust to the browser (1 to 2 minutes, once)"; \
	  $(INSTALL) wasm-bindgen-cli --version $(BINDGEN_VERSION) --locked --root "$$root" || { \
	  echo "its own lock file cannot be used: installing it with the nearest versions"; \
	  $(INSTALL) wasm-bindgen-cli --version $(BINDGEN_VERSION) --root "$$root"; }

# Older versions of wasm-opt, such as Debian's 108, write a module that does not start.
WASM_OPT_LEAST := 116
BINARYEN := $(CARGO_HOME)/share/binaryen
need-wasm-opt: need-node end2end/node_modules/.package-lock.json
	@version() { wasm-opt --version 2>/dev/null | grep -oE '[0-9]+' | head -n 1 || echo 0; }; \
	  (( $$(version) >= $(WASM_OPT_LEAST) )) || { \
	  bin="$(CARGO_HOME)/bin"; \
	  if [[ -e "$$bin/wasm-opt" && ! -d "$(BINARYEN)" ]]; then \
	    bin="$(TOOLS)/bin"; \
	    echo "$(CARGO_HOME)/bin/wasm-opt is too old and left as it is: 'cargo leptos build --release' without make needs $(WASM_OPT_LEAST) or later"; \
	  fi; \
	  echo "installing wasm-opt: it shrinks the page"; \
	  mkdir -p "$$bin" "$(BINARYEN)" && cp -R end2end/node_modules/binaryen/. "$(BINARYEN)/" && \
	  printf '#!/bin/sh\nexec node "%s/bin/wasm-opt" "$$@"\n' "$(BINARYEN)" > "$$bin/wasm-opt" && chmod +x "$$bin/wasm-opt"; \
	  (( $$(version) >= $(WASM_OPT_LEAST) )) || { echo "wasm-opt $$(version) is too old: $(WASM_OPT_LEAST) or later is needed"; exit 1; }; }

end2end/node_modules/.package-lock.json: end2end/package-lock.json
	@echo "installing npm packages into end2end: wasm-opt, which shrinks the page, and Playwright, which tests it"
	@cd end2end && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
	@touch $@

need-ta-lib: need-rust
	@$(PYTHON) -c "import talib" 2>/dev/null || { \
	  echo "installing TA-Lib for Python, with its C library, into $(TOOLS)/python"; \
	  python3 -m venv $(TOOLS)/python && $(TOOLS)/python/bin/pip install --quiet TA-Lib numpy; }

need-fuzz: need-rust
	@rustup toolchain list | grep -q ^nightly || { echo "installing a nightly compiler: the fuzzer's instrumentation needs one"; rustup toolchain install nightly --profile minimal; }
	@command -v cargo-fuzz >/dev/null || { \
	  echo "installing cargo-fuzz $(FUZZ_VERSION) (about 1 minute, once)"; \
	  $(INSTALL) cargo-fuzz --version $(FUZZ_VERSION) --locked; }

need-nextest: need-rust
	@command -v cargo-nextest >/dev/null || { \
	  echo "installing cargo-nextest: it runs the tests (about 2 minutes, once)"; \
	  $(INSTALL) cargo-nextest --version $(NEXTEST_VERSION) --locked; }

SYSTEM := memcached chromium nginx-light caddy openssl fonts-liberation fonts-dejavu-core
PROGRAMS := memcached chromium nginx caddy openssl
need-system: need-node
	@export PATH="$$PATH:/usr/sbin"; missing=""; \
	for program in $(PROGRAMS); do command -v "$$program" >/dev/null || missing="$$missing $$program"; done; \
	if [[ -n "$$missing" ]]; then \
	  if [[ "$$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then \
	    echo "installing $(SYSTEM): the tests use a real memcached, a real browser and real proxies (missing:$$missing)"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM) >/dev/null; \
	  else \
	    echo "the tests need$$missing; on Debian: sudo apt-get update && sudo apt-get install -y $(SYSTEM)"; exit 1; \
	  fi; fi
