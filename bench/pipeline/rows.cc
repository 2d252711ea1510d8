#include "bench/pipeline/rows.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "bench/pipeline/baseline.h"
#include "bench/pipeline/cipher_baseline.h"
#include "bench/pipeline/floor.h"
#include "bench/pipeline/product.h"
#include "bench/pipeline/report.h"

namespace strata::bench {
namespace {

// The product and what it is compared with, for one shape.
struct Contest {
    Contest(const Shape& of, const dataplane::Pools& pools)
        : shape(of),
          product(of, pools),
          header_bytes(product.header_bytes()),
          ceiling(Baseline::Kind::ceiling, of, header_bytes, pools),
          copy(Baseline::Kind::copy, of, header_bytes, pools) {}
    // Adds its three loops: product, ceiling, copy.
    void enter(Rounds& rounds, std::uint64_t inputs) {
        rounds.add([this](std::uint64_t n) { return product.run(n); }, inputs);
        rounds.add([this](std::uint64_t n) { return ceiling.run(n); }, inputs);
        rounds.add([this](std::uint64_t n) { return copy.run(n); }, inputs);
    }

    Shape shape;
    Product product;
    std::uint16_t header_bytes;
    Baseline ceiling, copy;
};

// One row and one line of the table. `more`: further fields.
void show(Bench& bench, const Contest& contest, const Rounds& rounds, std::size_t first,
          const std::string& more = {}) {
    const Shape& shape = contest.shape;
    const Spread ratio = rounds.ratio(first + 1, first), faster = rounds.ratio(first + 2, first);
    // What a sensible sender would do: copying is cheaper for small packets and few receivers.
    const Spread best = rounds.ratio_of_cheaper(first + 1, first + 2, first);
    bench.row(shape_fields(bench, "pipeline", shape) + ',' +
              field("header_bytes", contest.header_bytes) + ',' +
              fields("ns_per_output", rounds.per_output(first)) + ',' +
              fields("ns_per_input", rounds.per_input(first)) + ',' +
              fields("ceiling_ns_per_output", rounds.per_output(first + 1)) + ',' +
              fields("copy_ns_per_output", rounds.per_output(first + 2)) + ',' +
              fields("ratio_to_ceiling", ratio) + ',' + fields("ratio_to_copy", faster) + ',' +
              fields("ratio_to_cheaper", best) + more);
    if (bench.prints())
        std::printf(
            "%10s %9u %5u %9u %8s %11.1f %11.1f %11.1f %6.0f %% (%.0f-%.0f) %9.2f %6.0f %%\n",
            media_name(shape.media), shape.receivers, shape.rooms, shape.in_flight,
            shape.udp_checksum ? "on" : "off", rounds.per_output(first).median,
            rounds.per_output(first + 1).median, rounds.per_output(first + 2).median,
            ratio.median * 100, ratio.low * 100, ratio.high * 100, faster.median,
            best.median * 100);
}

// Receivers with keys of their own, beside raw ipsec-mb and OpenSSL.
void measure_srtp(Bench& bench, const Shape& shape) {
    Product product(shape, bench.pools);
    const auto raw = make_ipsec_mb_baseline(shape.srtp, shape.receivers, bench.pools);
    const auto openssl = make_openssl_baseline(shape.srtp, shape.receivers, bench.pools);
    Rounds rounds;
    const std::uint64_t inputs = bench.inputs(shape.receivers / shape.rooms);
    rounds.add([&](std::uint64_t n) { return product.run(n); }, inputs);
    rounds.add([&](std::uint64_t n) { return openssl->run(n); }, inputs);
    if (raw) rounds.add([&](std::uint64_t n) { return raw->run(n); }, inputs);
    rounds.run(kRounds);
    const Spread none{}, faster = rounds.ratio(1, 0);
    const Spread raw_ns = raw ? rounds.per_output(2) : none;
    const Spread ratio = raw ? rounds.ratio(0, 2) : none;
    // What could be reached at most: a relay that does nothing but encrypt.
    const Spread most = raw ? rounds.ratio(1, 2) : none;
    bench.row(shape_fields(bench, "pipeline", shape) + ',' +
              fields("ns_per_output", rounds.per_output(0)) + ',' +
              fields("raw_crypto_ns_per_output", raw_ns) + ',' +
              fields("openssl_ns_per_output", rounds.per_output(1)) + ',' +
              fields("cost_of_raw_crypto", ratio) + ',' + fields("ratio_to_openssl", faster) + ',' +
              fields("raw_crypto_ratio_to_openssl", most));
    if (bench.prints())
        std::printf("%9u %9u %6s %11.1f %11.1f %11.1f %6.2f (%.2f-%.2f) %6.2f (%.2f-%.2f) %6.2f\n",
                    shape.receivers, shape.in_flight, srtp_name(shape.srtp),
                    rounds.per_output(0).median, raw_ns.median, rounds.per_output(1).median,
                    ratio.median, ratio.low, ratio.high, faster.median, faster.low, faster.high,
                    most.median);
}

void run_srtp(Bench& bench, relay::SrtpProfile profile) {
    if (bench.prints())
        std::printf(
            "receivers in flight   srtp   ns/output         raw     OpenSSL  ours/raw"
            "           OpenSSL/ours       /raw\n");
    Shape shape = bench.options.only;
    shape.srtp = profile;
    if (shape.receivers != 0) return measure_srtp(bench, shape);
    for (const std::uint32_t receivers : {1u, 10u, 100u, 1'000u})
        measure_srtp(bench, {.receivers = receivers, .srtp = profile});
    measure_srtp(bench, {.receivers = 100, .in_flight = 1'024, .srtp = profile});
}

void measure(Bench& bench, const Shape& shape) {
    Contest contest(shape, bench.pools);
    Rounds rounds;
    contest.enter(rounds, bench.inputs(shape.receivers / shape.rooms));
    rounds.run(kRounds);
    show(bench, contest, rounds, 0);
}

// One room of ten beside a thousand of them, in the same rounds: the cost of an output doesn't
// depend on how many others there are. Each loop has so long a turn that what those before it left
// in the caches doesn't count: in a short one, with 40 packets for each of the thousand rooms, a
// tenth is fetching what a relay that does nothing else would still have there.
void measure_rooms(Bench& bench, std::uint32_t in_flight) {
    Contest one({.receivers = 10, .rooms = 1, .in_flight = in_flight}, bench.pools);
    Contest many({.receivers = 10'000, .rooms = 1'000, .in_flight = in_flight}, bench.pools);
    constexpr std::size_t kOne = 0, kMany = 3;
    constexpr std::uint64_t kLongTurn = 5;
    Rounds rounds;
    one.enter(rounds, kLongTurn * bench.inputs(10));
    many.enter(rounds, kLongTurn * bench.inputs(10));
    rounds.run(kRounds);
    const Spread ratio = rounds.ratio(kMany, kOne);
    show(bench, one, rounds, kOne);
    show(bench, many, rounds, kMany, ',' + fields("ratio_to_one_room", ratio));
    if (bench.prints())
        std::printf("1000 rooms of 10 cost per output x %.2f (%.2f-%.2f) of one room of 10\n",
                    ratio.median, ratio.low, ratio.high);
}

// A packet that no receiver wants: the same at 1 and at 10,000 receivers, and little more with
// 10,000 publishers in random order. The first of `shapes` is what the others are compared with;
// each stands beside the floor for its input.
void measure_unwanted(Bench& bench, Media media) {
    const std::array shapes{Shape{.receivers = 1, .media = media, .unwanted = true},
                            Shape{.receivers = 10'000, .media = media, .unwanted = true},
                            Shape{.receivers = 10'000,
                                  .rooms = 10'000,
                                  .media = media,
                                  .unwanted = true,
                                  .random_order = true}};
    std::vector<std::unique_ptr<Product>> products;
    std::vector<std::unique_ptr<Floor>> floors;
    Rounds rounds;
    const auto enter = [&]<typename Loop>(std::vector<std::unique_ptr<Loop>>& loops,
                                          const Shape& shape) {
        loops.push_back(std::make_unique<Loop>(shape, bench.pools));
        Loop& loop = *loops.back();
        rounds.add_timed([&loop](std::uint64_t n) { return loop.run_timed(n); }, bench.inputs(1));
    };
    for (const Shape& shape : shapes) {
        enter(products, shape);
        enter(floors, shape);
    }
    rounds.run(kRounds);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const std::size_t ours = 2 * i, bare = ours + 1;
        const Spread ns = rounds.per_input(ours), floor = rounds.per_input(bare);
        const Spread ratio = rounds.ratio_per_input(ours, 0);
        const Spread to_floor = rounds.ratio_per_input(ours, bare);
        bench.row(shape_fields(bench, "pipeline_unwanted", shapes[i]) + ',' +
                  fields("ns_per_input", ns) + ',' + fields("floor_ns_per_input", floor) + ',' +
                  fields("ratio_to_floor", to_floor) + ',' +
                  fields("ratio_to_one_receiver", ratio));
        if (bench.prints())
            std::printf(
                "unwanted %s, %u publishers, %u receivers: %.1f ns, x %.2f (%.2f-%.2f); "
                "looked up, parsed, counted, freed: %.1f ns, x %.2f (%.2f-%.2f) of that\n",
                media_name(media), shapes[i].rooms, shapes[i].receivers, ns.median, ratio.median,
                ratio.low, ratio.high, floor.median, to_floor.median, to_floor.low, to_floor.high);
    }
}

void measure_all_unwanted(Bench& bench) {
    measure_unwanted(bench, Media::descriptor);
    measure_unwanted(bench, Media::vp8);
    measure_unwanted(bench, Media::browser);
}

constexpr std::array<std::uint32_t, 2> kInFlight{0, 1'024};

void print_head(const Bench& bench) {
    if (bench.prints())
        std::printf(
            "     media receivers rooms in flight checksum   ns/output     ceiling        copy  of "
            "ceiling   copy/ours  of cheaper\n");
}

void run_all(Bench& bench) {
    if (bench.options.only.srtp != relay::SrtpProfile::none)
        return run_srtp(bench, bench.options.only.srtp);
    if (bench.options.only.unwanted) return measure_all_unwanted(bench);
    if (bench.options.only.observed) return measure_all_observed(bench);
    if (bench.options.only.transit) return measure_all_transit(bench);
    print_head(bench);
    if (bench.options.only.receivers != 0) return measure(bench, bench.options.only);
    if (bench.options.many_rooms) {
        for (const std::uint32_t in_flight : kInFlight) measure_rooms(bench, in_flight);
        return;
    }
    for (const std::uint32_t in_flight : kInFlight) {
        for (const std::uint32_t receivers : {1u, 100u, 1'000u})
            measure(bench, {.receivers = receivers, .in_flight = in_flight});
        measure(bench, {.receivers = 100, .in_flight = in_flight, .udp_checksum = true});
        measure(bench, {.receivers = 100, .media = Media::browser, .in_flight = in_flight});
        measure_rooms(bench, in_flight);
        for (const std::uint32_t receivers : {10u, 100u})
            measure(bench, {.receivers = receivers, .media = Media::audio, .in_flight = in_flight});
    }
    measure_all_unwanted(bench);
    measure_all_observed(bench);
    measure_all_transit(bench);
    run_srtp(bench, relay::SrtpProfile::aead_aes_128_gcm);
    run_srtp(bench, relay::SrtpProfile::aes128_cm_sha1_80);
}

}  // namespace

void measure_rows(const Options& options, const dataplane::Pools& pools, std::FILE* out) {
    Bench bench{options, pools, out};
    run_all(bench);
    if (!options.json.empty()) std::fprintf(out, "\n]\n");
}

}  // namespace strata::bench
