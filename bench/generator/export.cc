#include "bench/generator/export.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/generator/layer_bit.h"
#include "bench/generator/pcap_reader.h"
#include "bench/generator/run.h"

namespace strata::gen {
namespace {

struct Stream {
    std::unique_ptr<MediaSource> source;
    OutgoingPacket pending;
    bool ended = false;
    std::uint64_t packets = 0;
    std::array<std::uint64_t, kLayerLimit * kLayerLimit> owed{};
};

nlohmann::json counts_of(const PublisherPlan& plan, const Stream& stream) {
    nlohmann::json owed = nlohmann::json::object();
    for (std::size_t s = 0; s < kLayerLimit - 1; ++s)
        for (std::size_t t = 0; t < kLayerLimit - 1; ++t)
            owed[fmt::format("S{}T{}", s, t)] = stream.owed[s * kLayerLimit + t];
    return {{"id", plan.id},
            {"track", to_json(stream.source->track())},
            {"packets", stream.packets},
            {"owed", owed}};
}

}  // namespace

nlohmann::json export_plan(const Plan& plan, const ExportOptions& options) {
    std::vector<Stream> streams(plan.publishers.size());
    for (std::size_t i = 0; i < streams.size(); ++i) {
        if (plan.publishers[i].local.port == 0)
            throw PlanError(plan.publishers[i].id +
                            ": export needs a \"local\" address with a port");
        streams[i].source = make_source(plan, i);
        if (!streams[i].source->set_rate(options.multiplier) && options.multiplier != 1)
            throw PlanError(plan.publishers[i].id + ": a capture has one rate");
        streams[i].ended = !streams[i].source->next(streams[i].pending);
    }
    PcapWriter writer(options.file, options.source, options.destination);
    const auto until_us = static_cast<std::int64_t>(options.seconds * 1e6);
    for (;;) {
        std::size_t first = streams.size();
        for (std::size_t i = 0; i < streams.size(); ++i)
            if (!streams[i].ended && (first == streams.size() ||
                                      streams[i].pending.at_us < streams[first].pending.at_us))
                first = i;
        if (first == streams.size() || streams[first].pending.at_us >= until_us) break;
        Stream& s = streams[first];
        const PublisherPlan& p = plan.publishers[first];
        writer.write(s.pending.at_us, p.local, p.remote, s.pending.bytes);
        ++s.packets;
        for (std::size_t bit = 0; bit < s.owed.size(); ++bit)
            s.owed[bit] += s.pending.frame.wanted >> bit & 1u;
        s.ended = !s.source->next(s.pending);
    }
    writer.close();
    nlohmann::json out = nlohmann::json::array();
    for (std::size_t i = 0; i < streams.size(); ++i)
        out.push_back(counts_of(plan.publishers[i], streams[i]));
    return out;
}

}  // namespace strata::gen
