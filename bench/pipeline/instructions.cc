#include "bench/pipeline/instructions.h"

#include <gnu/libc-version.h>
#include <rte_version.h>
#include <valgrind/callgrind.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "bench/pipeline/product.h"
#include "dataplane/crypto/engine.h"

namespace strata::bench {
namespace {

struct Row {
    const char* name;
    bool per_output;  // else per input
    Shape shape;
};

constexpr std::array kRows{
    Row{"1 receiver", false, {.receivers = 1}},
    Row{"10 receivers", false, {.receivers = 10}},
    Row{"100 receivers", true, {.receivers = 100}},
    Row{"100 receivers, descriptor", true, {.receivers = 100, .media = Media::descriptor}},
    Row{"1 receiver, browser", false, {.receivers = 1, .media = Media::browser}},
    Row{"100 receivers, browser", true, {.receivers = 100, .media = Media::browser}},
    Row{"100 receivers, UDP checksum", true, {.receivers = 100, .udp_checksum = true}},
    Row{"100 rooms of 10", true, {.receivers = 1'000, .rooms = 100}},
    Row{"1 receiver, audio", false, {.receivers = 1, .media = Media::audio}},
    Row{"10 receivers, audio", false, {.receivers = 10, .media = Media::audio}},
    Row{"100 receivers, audio", true, {.receivers = 100, .media = Media::audio}},
    Row{"unwanted", false, {.receivers = 1, .unwanted = true}},
    Row{"unwanted, descriptor",
        false,
        {.receivers = 1, .media = Media::descriptor, .unwanted = true}},
    Row{"unwanted, browser", false, {.receivers = 1, .media = Media::browser, .unwanted = true}},
    Row{"unwanted, 1000 receivers", false, {.receivers = 1'000, .unwanted = true}},
    Row{"unwanted, 100 publishers in random order",
        false,
        {.receivers = 100, .rooms = 100, .unwanted = true, .random_order = true}},
    Row{"1 receiver, observed", false, {.receivers = 1, .observed = true}},
    Row{"10 receivers, observed", false, {.receivers = 10, .observed = true}},
    Row{"100 receivers, observed", true, {.receivers = 100, .observed = true}},
    Row{"unwanted, observed", false, {.receivers = 1, .unwanted = true, .observed = true}},
    Row{"100 receivers, AES-GCM",
        true,
        {.receivers = 100, .srtp = relay::SrtpProfile::aead_aes_128_gcm}},
    Row{"100 receivers, AES-CM",
        true,
        {.receivers = 100, .srtp = relay::SrtpProfile::aes128_cm_sha1_80}},
};

constexpr std::uint64_t kInputs = 640;  // whole bursts and whole frames
static_assert(kInputs % kBurst == 0 && kInputs % 10 == 0);

std::uint64_t count(const Row& row, const dataplane::Pools& pools) {
    Product product(row.shape, pools);
    product.run(kInputs);
    CALLGRIND_START_INSTRUMENTATION;
    const std::uint64_t outputs = product.run_collected(kInputs);
    CALLGRIND_DUMP_STATS_AT(row.name);
    CALLGRIND_STOP_INSTRUMENTATION;
    return outputs;
}

}  // namespace

int count_instructions(const dataplane::Pools& pools, const char* only) {
    if (!RUNNING_ON_VALGRIND) {
        std::fputs("strata-bench-pipeline: --instructions is for valgrind --tool=callgrind\n",
                   stderr);
        return 64;
    }
    std::printf(
        "{\"versions\":{\"compiler\":\"%s\",\"dpdk\":\"%s\",\"cipher\":\"%s\","
        "\"libc\":\"%s\"},\n \"rows\":[",
        __VERSION__, rte_version(), dataplane::cipher_name().c_str(), gnu_get_libc_version());
    const char* separator = "";
    for (const Row& row : kRows) {
        if (*only != '\0' && std::strcmp(row.name, only) != 0) continue;
        const std::uint64_t outputs = count(row, pools);
        std::printf("%s\n  {\"name\":\"%s\",\"per\":\"%s\",\"packets\":%llu}", separator, row.name,
                    row.per_output ? "output" : "input",
                    static_cast<unsigned long long>(row.per_output ? outputs : kInputs));
        separator = ",";
    }
    std::printf("]}\n");
    return 0;
}

}  // namespace strata::bench
