#include "bench/pipeline/lines.h"

#include <rte_mempool.h>
#include <valgrind/callgrind.h>

#include <array>
#include <cstdio>
#include <span>
#include <string>

#include "bench/pipeline/product.h"
#include "dataplane/worker/hot_state.h"

namespace strata::bench {
namespace {

using dataplane::kCacheLineBytes;

struct Row {
    const char* name;
    Shape shape;
};

constexpr std::array kRows{
    Row{"plain", {}},
    Row{"transport-wide numbers", {.media = Media::browser, .transport_wide = true}},
    Row{"AES-GCM", {.srtp = relay::SrtpProfile::aead_aes_128_gcm}},
    Row{"AES-GCM, transport-wide numbers",
        {.media = Media::browser,
         .srtp = relay::SrtpProfile::aead_aes_128_gcm,
         .transport_wide = true}},
};

constexpr std::uint32_t kReceivers = 100;    // more than are sent to at once
constexpr std::uint64_t kInputsBefore = 40;  // whole frames
constexpr std::uint32_t kPackets = 10;       // a frame of each layer

// What is read is used: valgrind leaves out loads of which nothing comes.
void touch(std::span<const std::byte> memory) {
    std::byte sum{};
    for (std::size_t at = 0; at < memory.size(); at += kCacheLineBytes) sum ^= memory[at];
    asm volatile("" ::"r"(sum));
}

void touch_buffers(const dataplane::Pools& pools) {
    for (rte_mempool* pool : {pools.rx, pools.header, pools.indirect})
        rte_mempool_mem_iter(
            pool,
            [](rte_mempool*, void*, rte_mempool_memhdr* piece, unsigned) {
                touch({static_cast<const std::byte*>(piece->addr), piece->len});
            },
            nullptr);
}

// False: not every receiver was sent every packet.
bool count(const Row& row, std::uint32_t receivers, const dataplane::Pools& pools) {
    Shape shape = row.shape;
    shape.receivers = receivers;
    Product product(shape, pools);
    product.run(kInputsBefore);
    const auto all_keys = product.receiver_keys();
    for (std::uint32_t i = 0; i < kPackets; ++i) {
        CALLGRIND_START_INSTRUMENTATION;  // the caches are empty
        touch_buffers(pools);
        for (const std::span<const std::byte> keys : all_keys) touch(keys);
        const std::uint64_t sent = product.run_collected(1);
        const std::string name =
            row.name + (' ' + std::to_string(receivers)) + ' ' + std::to_string(i);
        CALLGRIND_DUMP_STATS_AT(name.c_str());
        CALLGRIND_STOP_INSTRUMENTATION;
        if (sent == receivers) continue;
        std::fprintf(stderr, "strata-bench-pipeline: %s: %llu were sent\n", name.c_str(),
                     static_cast<unsigned long long>(sent));
        return false;
    }
    return true;
}

}  // namespace

dataplane::PoolConfig lines_pools() {
    return {.name = "lines", .rx_mbufs = 1'023, .header_mbufs = 1'023, .indirect_mbufs = 511};
}

int count_lines(const dataplane::Pools& pools) {
    if (!RUNNING_ON_VALGRIND) {
        std::fputs("strata-bench-pipeline: --lines is for valgrind --tool=callgrind\n", stderr);
        return 64;
    }
    // All receivers here have one next hop; elsewhere each may have its own.
    std::printf("{\"limit\":%zu,\"line\":%zu,\"receivers\":[%u,%u],\"packets\":%u,\n \"rows\":[",
                dataplane::kMaxHotBytes - dataplane::in_lines(sizeof(dataplane::net::Neighbour)),
                kCacheLineBytes, kReceivers, 2 * kReceivers, kPackets);
    const char* separator = "";
    for (const Row& row : kRows) {
        for (const std::uint32_t receivers : {kReceivers, 2 * kReceivers})
            if (!count(row, receivers, pools)) return 1;
        std::printf("%s\"%s\"", separator, row.name);
        separator = ",";
    }
    std::printf("]}\n");
    return 0;
}

}  // namespace strata::bench
