#include <benchmark/benchmark.h>

#include <cstdint>

#include "relay/rewrite/input_sequence.h"
#include "relay/rewrite/picture_id_map.h"
#include "relay/rewrite/sequence_map.h"

// Per packet and layer group, whatever the number of receivers.
namespace strata::relay {
namespace {

void arrive(benchmark::State& state) {
    InputSequence input;
    std::uint16_t sequence = 0;
    for (auto _ : state) benchmark::DoNotOptimize(input.arrive({++sequence}));
}

// One packet in `every` is forwarded, the others are dropped by policy.
void number_packet(benchmark::State& state) {
    SequenceMap map;
    std::int64_t n = 0;
    const std::int64_t every = state.range(0);
    for (auto _ : state) {
        ++n;
        benchmark::DoNotOptimize(n % every == 0 ? map.forward(n) : map.drop(n));
    }
}

// A group that nobody gets anything from.
void number_unwanted(benchmark::State& state) {
    SequenceMap map;
    map.forward(0);
    std::int64_t n = 0;
    for (auto _ : state) benchmark::DoNotOptimize(map.drop(++n));
}

// A NACK's outgoing number back to the input.
void find_number(benchmark::State& state) {
    SequenceMap map;
    for (std::int64_t n = 0; n < 10'000; ++n) {
        if (n % 3 == 0)
            map.forward(n);
        else
            map.drop(n);
    }
    auto number = static_cast<std::uint16_t>(map.next_number());
    for (auto _ : state) benchmark::DoNotOptimize(map.find(--number));
}

void number_picture(benchmark::State& state) {
    PictureIdMap map;
    std::int64_t packet = 0;
    for (auto _ : state) {
        ++packet;
        benchmark::DoNotOptimize(map.decide(packet / 4, packet / 4 % 2 == 0));
    }
}

// budget: 15 ns each, find 40 ns
BENCHMARK(arrive);
BENCHMARK(number_packet)->ArgName("every")->Arg(1)->Arg(4);
BENCHMARK(number_unwanted);
BENCHMARK(find_number);
BENCHMARK(number_picture);

}  // namespace
}  // namespace strata::relay
