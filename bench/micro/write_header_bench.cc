#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "relay/rewrite/header_template.h"
#include "relay/svc/track.h"

// One packet's header for many receivers, into buffers as far apart as header mbufs.
namespace strata::relay {
namespace {

constexpr std::size_t kReceivers = 128;
constexpr std::size_t kStride = 512;

enum Shape : std::int64_t { plain, descriptor, vp8 };

HeaderTemplate make_template(std::int64_t size, std::int64_t shape) {
    HeaderTemplate t;
    t.size = static_cast<std::uint16_t>(size);
    for (std::size_t i = 0; i < t.size; ++i) t.bytes[i] = static_cast<std::uint8_t>(i);
    if (shape == descriptor) t.descriptor_at = 17;
    if (shape == vp8) {
        t.picture_id_at = 14;
        t.picture_id_bits = 15;
        t.tl0_pic_idx_at = 16;
        t.key_idx_at = 17;
    }
    t.patch = patch_of(t, shape == vp8 ? HeaderPatch::picture : HeaderPatch::none);
    return t;
}

void write_header_to_receivers(benchmark::State& state) {
    const HeaderTemplate t = make_template(state.range(0), state.range(1));
    std::vector<ReceiverSlot> slots(kReceivers);
    for (std::size_t i = 0; i < kReceivers; ++i)
        slots[i].offsets.ssrc = static_cast<std::uint32_t>(i);
    std::vector<std::uint8_t> out(kReceivers * kStride);
    for (auto _ : state) {
        with_header_writer(t, [&](const auto& writer) {
            for (std::size_t i = 0; i < kReceivers; ++i)
                writer.write(slots[i].offsets, out.data() + i * kStride);
        });
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kReceivers));
}

// What it is compared with: the copy alone.
void copy_only(benchmark::State& state) {
    const HeaderTemplate t = make_template(state.range(0), plain);
    std::vector<std::uint8_t> out(kReceivers * kStride);
    for (auto _ : state) {
        for (std::size_t i = 0; i < kReceivers; ++i)
            std::memcpy(out.data() + i * kStride, t.bytes.data(), t.size);
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kReceivers));
}

BENCHMARK(write_header_to_receivers)
    ->ArgNames({"bytes", "shape"})
    ->ArgsProduct({{12, 40, 64, 128}, {plain, descriptor}})
    ->Args({24, vp8});
BENCHMARK(copy_only)->ArgName("bytes")->Arg(12)->Arg(40)->Arg(64)->Arg(128);

}  // namespace
}  // namespace strata::relay
