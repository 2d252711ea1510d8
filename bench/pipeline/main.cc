// strata-bench-pipeline: the whole worker loop on the in-memory port beside the raw zero-copy
// ceiling and a relay that copies for each receiver. One process, one thread, the same pools; the
// loops alternate. Rows as JSON.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench/pipeline/instructions.h"
#include "bench/pipeline/lines.h"
#include "bench/pipeline/rows.h"
#include "dataplane/eal.h"
#include "dataplane/port/port.h"

namespace strata::bench {
namespace {

constexpr const char* kUsage =
    "usage: strata-bench-pipeline [--quick] [--huge] [--json FILE]\n"
    "                             [--srtp gcm|cm] [--unwanted] [--observed] [--transit] "
    "[--many-rooms]\n"
    "                             [--receivers N [--rooms N] [--in-flight N] [--audio]]\n"
    "       strata-bench-pipeline --instructions [NAME]\n"
    "       strata-bench-pipeline --lines\n"
    "  --quick      shorter runs; still 11 rounds\n"
    "  --huge       with hugepages (as root, some reserved); without: ordinary pages\n"
    "  --json FILE  rows as one JSON array, - for standard output; without: a table\n"
    "  --srtp       only the rows of encrypted receivers, AES-128-GCM or AES-CM with HMAC-SHA1\n"
    "  --unwanted   only the rows of packets that nobody wants\n"
    "  --observed   only what looking on costs: a capture of 1 packet in 100, and others of "
    "nobody\n"
    "  --transit    only how long packets are in the worker, from a burst to the port that takes "
    "them\n"
    "  --many-rooms only the rows of 1,000 rooms of ten beside one of them\n"
    "  --receivers  one shape only, the receivers of all rooms together\n"
    "  --audio      … of audio\n"
    "  --instructions  under callgrind: fixed shapes, or the one of this name; see scripts/bench\n"
    "  --lines      under callgrind: what an output touches of its receiver; see scripts/bench\n";

const dataplane::PoolConfig kPools{.name = "bench",
                                   .rx_mbufs = 16'383,
                                   .header_mbufs = 32'767,
                                   .indirect_mbufs = 8'191,
                                   .cache_mbufs = 256};

int run(const Options& options) {
    const std::vector<std::string> devices = dataplane::eal_device_arguments({});
    const auto started =
        dataplane::start_eal({.program = "strata-bench-pipeline",
                              .hugepages = options.huge,
                              .file_prefix = "strata-bench-" + std::to_string(getpid()),
                              .devices = devices,
                              .telemetry = false});
    if (!started) {
        std::fprintf(stderr, "strata-bench-pipeline: %s\n", started.error().c_str());
        return 1;
    }
    auto pools = dataplane::Pools::create(options.lines ? lines_pools() : kPools);
    if (!pools) {
        std::fprintf(stderr, "strata-bench-pipeline: %s\n", pools.error().message.c_str());
        return 1;
    }
    if (options.instructions) return count_instructions(*pools, options.row.c_str());
    if (options.lines) return count_lines(*pools);
    const bool file = !options.json.empty() && options.json != "-";
    std::FILE* out = file ? std::fopen(options.json.c_str(), "w") : stdout;
    if (out == nullptr) {
        std::perror(options.json.c_str());
        return 1;
    }
    measure_rows(options, *pools, out);
    if (file) std::fclose(out);
    return 0;
}

bool read_number(int argc, char** argv, int& i, std::uint32_t& out) {
    if (i + 1 == argc) return false;
    out = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    return true;
}

bool read_srtp(int argc, char** argv, int& i, relay::SrtpProfile& out) {
    const std::string_view name = i + 1 < argc ? argv[++i] : "";
    if (name == "gcm") out = relay::SrtpProfile::aead_aes_128_gcm;
    if (name == "cm") out = relay::SrtpProfile::aes128_cm_sha1_80;
    return name == "gcm" || name == "cm";
}

// False: usage.
bool read_options(int argc, char** argv, Options& options) {
    Shape& only = options.only;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        bool known = true;
        if (word == "--receivers") {
            known = read_number(argc, argv, i, only.receivers);
        } else if (word == "--rooms") {
            known = read_number(argc, argv, i, only.rooms);
        } else if (word == "--in-flight") {
            known = read_number(argc, argv, i, only.in_flight);
        } else if (word == "--srtp") {
            known = read_srtp(argc, argv, i, only.srtp);
        } else if (word == "--audio") {
            only.media = Media::audio;
        } else if (word == "--unwanted") {
            only.unwanted = true;
        } else if (word == "--observed") {
            only.observed = true;
        } else if (word == "--transit") {
            only.transit = true;
        } else if (word == "--many-rooms") {
            options.many_rooms = true;
        } else if (word == "--quick") {
            options.quick = true;
        } else if (word == "--huge") {
            options.huge = true;
        } else if (word == "--json" && i + 1 < argc) {
            options.json = argv[++i];
        } else if (word == "--lines") {
            options.lines = true;
        } else if (word == "--instructions") {
            options.instructions = true;
            if (i + 1 < argc) options.row = argv[++i];
        } else {
            known = false;
        }
        if (!known) return false;
    }
    return only.rooms != 0 && only.receivers % only.rooms == 0;
}

}  // namespace
}  // namespace strata::bench

int main(int argc, char** argv) {
    strata::bench::Options options;
    if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
        std::fputs(strata::bench::kUsage, stdout);
        return 0;
    }
    if (!strata::bench::read_options(argc, argv, options)) {
        std::fputs(strata::bench::kUsage, stderr);
        return 64;
    }
    return strata::bench::run(options);
}
