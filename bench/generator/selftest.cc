#include "bench/generator/selftest.h"

#include <array>

namespace strata::gen {
namespace {

constexpr std::array kProfiles{"vp9-l3t3", "vp9-l3t3-plain", "vp9-l1t3-gof", "av1-l3t3",
                               "vp8-l1t3", "h264-l1t3",      "opus"};

}  // namespace

Plan make_selftest_plan(PacketIo& io, std::int64_t duration_us) {
    const Address loopback = *parse_address("127.0.0.1:0");
    Plan plan;
    plan.duration_us = duration_us;
    for (const char* profile : kProfiles) {
        PublisherPlan p;
        p.id = profile;
        p.profile = profile;
        p.local = io.local_address(io.open(loopback));
        p.remote = io.local_address(io.open(loopback));
        ReceiverPlan r;
        r.id = std::string(profile) + "-receiver";
        r.track = p.id;
        r.local = p.remote;
        r.remote = p.local;
        r.targets.push_back({0, "max"});
        plan.publishers.push_back(std::move(p));
        plan.receivers.push_back(std::move(r));
    }
    return plan;
}

}  // namespace strata::gen
