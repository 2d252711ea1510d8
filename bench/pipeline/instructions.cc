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

enum class Per : std::uint8_t { input, output, room };
constexpr const char* name_of(Per per) {
    return per == Per::input ? "input" : per == Per::output ? "output" : "room";
}

struct Row {
    const char* name;
    Per per;
    Shape shape;
};

constexpr std::array kRows{
    Row{"1 receiver", Per::input, {.receivers = 1}},
    Row{"10 receivers", Per::input, {.receivers = 10}},
    Row{"100 receivers", Per::output, {.receivers = 100}},
    Row{"100 receivers, descriptor", Per::output, {.receivers = 100, .media = Media::descriptor}},
    Row{"1 receiver, browser", Per::input, {.receivers = 1, .media = Media::browser}},
    Row{"100 receivers, browser", Per::output, {.receivers = 100, .media = Media::browser}},
    Row{"100 receivers, UDP checksum", Per::output, {.receivers = 100, .udp_checksum = true}},
    Row{"100 rooms of 10", Per::output, {.receivers = 1'000, .rooms = 100}},
    Row{"1 receiver, audio", Per::input, {.receivers = 1, .media = Media::audio}},
    Row{"10 receivers, audio", Per::input, {.receivers = 10, .media = Media::audio}},
    Row{"100 receivers, audio", Per::output, {.receivers = 100, .media = Media::audio}},
    Row{"unwanted", Per::input, {.receivers = 1, .unwanted = true}},
    Row{"unwanted, descriptor",
        Per::input,
        {.receivers = 1, .media = Media::descriptor, .unwanted = true}},
    Row{"unwanted, browser",
        Per::input,
        {.receivers = 1, .media = Media::browser, .unwanted = true}},
    Row{"unwanted, 1000 receivers", Per::input, {.receivers = 1'000, .unwanted = true}},
    Row{"unwanted, 100 publishers in random order",
        Per::input,
        {.receivers = 100, .rooms = 100, .unwanted = true, .random_order = true}},
    Row{"1 receiver, observed", Per::input, {.receivers = 1, .observed = true}},
    Row{"10 receivers, observed", Per::input, {.receivers = 10, .observed = true}},
    Row{"100 receivers, observed", Per::output, {.receivers = 100, .observed = true}},
    Row{"unwanted, observed", Per::input, {.receivers = 1, .unwanted = true, .observed = true}},
    Row{"1 receiver, traced", Per::input, {.receivers = 1, .observed = true, .traced = true}},
    Row{"a room of one and three receivers comes and goes", Per::room, {.receivers = 10}},
    Row{"100 receivers, AES-GCM",
        Per::output,
        {.receivers = 100, .srtp = relay::SrtpProfile::aead_aes_128_gcm}},
    Row{"100 receivers, AES-CM",
        Per::output,
        {.receivers = 100, .srtp = relay::SrtpProfile::aes128_cm_sha1_80}},
};

constexpr std::uint64_t kInputs = 640;  // whole bursts and whole frames
constexpr std::uint32_t kRooms = 20, kReceiversOfRoom = 3;
static_assert(kInputs % kBurst == 0 && kInputs % 10 == 0);

// Returns how many there were of what the row is per.
std::uint64_t count(const Row& row, const dataplane::Pools& pools) {
    Product product(row.shape, pools);
    product.run(kInputs);
    CALLGRIND_START_INSTRUMENTATION;
    std::uint64_t outputs = 0;
    if (row.per == Per::room)
        product.collect_rooms(kRooms, kReceiversOfRoom);
    else
        outputs = product.run_collected(kInputs);
    CALLGRIND_DUMP_STATS_AT(row.name);
    CALLGRIND_STOP_INSTRUMENTATION;
    return row.per == Per::room ? kRooms : row.per == Per::output ? outputs : kInputs;
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
        const std::uint64_t number = count(row, pools);
        std::printf("%s\n  {\"name\":\"%s\",\"per\":\"%s\",\"packets\":%llu}", separator, row.name,
                    name_of(row.per), static_cast<unsigned long long>(number));
        separator = ",";
    }
    std::printf("]}\n");
    return 0;
}

}  // namespace strata::bench
