#include "bench/generator/throughput/generator_check.h"

#include <nlohmann/json.hpp>

#include "bench/generator/run.h"
#include "bench/generator/throughput/load.h"

namespace strata::gen {
namespace {

constexpr const char* kProfile = "audio-flood";  // 1,000 packets of 1,000 bytes a second
constexpr double kIdleRate = 0.05, kBusyRate = 10, kTrial_s = 1;

}  // namespace

GeneratorCheck check_generator(const PacketIo& of) {
    const std::unique_ptr<PacketIo> io = of.make_loop();
    const Address loopback = *parse_address("127.0.0.1:0");
    const int from = io->open(loopback), to = io->open(loopback);
    Plan plan;
    plan.publishers.emplace_back().profile = kProfile;
    Load load(*io);
    const std::size_t publisher =
        load.add_publisher(make_source(plan, 0), from, io->local_address(to));
    FlowConfig flow;
    flow.endpoint = to;
    flow.ssrc = load.track(publisher).encodings.front().ssrc;
    flow.publisher = publisher;
    flow.video = false;
    load.add_flow(flow);
    const LoadTrial idle = load.measure(kIdleRate, kTrial_s);
    const LoadTrial busy = load.measure(kBusyRate, kTrial_s);
    GeneratorCheck check;
    check.sent = idle.sent + busy.sent;
    check.lost = idle.lost + busy.lost;
    check.faults = idle.counts.faults() + busy.counts.faults();
    check.bias_p50_us = idle.latency.quantile_us(0.5);
    check.bias_p99_us = idle.latency.quantile_us(0.99);
    if (busy.sent > 0)
        check.ns_per_packet =
            busy.busy_share * busy.duration_s * 1e9 / static_cast<double>(busy.sent);
    return check;
}

nlohmann::json to_json(const GeneratorCheck& check) {
    return {{"ok", check.ok()},
            {"sent", check.sent},
            {"lost", check.lost},
            {"faults", check.faults},
            {"bias_p50_us", check.bias_p50_us},
            {"bias_p99_us", check.bias_p99_us},
            {"ns_per_packet", check.ns_per_packet}};
}

}  // namespace strata::gen
