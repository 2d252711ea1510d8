#include <cstdio>

#include "dataplane/replay/replayer.h"

// The JSON that strata-replay prints (docs/replay.md).
namespace strata::dataplane {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string seconds(std::int64_t us) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.6f", static_cast<double>(us) / 1e6);
    return text;
}

std::string member(const char* key, std::uint64_t value) {
    return quoted(key) + ":" + std::to_string(value);
}

template <typename Enum, typename Values>
std::string counters(const Values& values) {
    std::string out = "{";
    for (std::size_t i = 0; i < values.size(); ++i)
        out += (i == 0 ? "" : ",") + member(api::name(static_cast<Enum>(i)), values[i].get());
    return out + "}";
}

std::string layers(std::uint64_t packed, const SessionTrack& track) {
    const api::PackedLayers at = api::unpack_layers(packed);
    if (at.paused) return "\"none\"";
    std::string text;
    if (at.encoding < track.encodings.size() && !track.encodings[at.encoding].rid.empty())
        text = track.encodings[at.encoding].rid + ":";
    return quoted(text + "S" + std::to_string(at.spatial) + "T" + std::to_string(at.temporal));
}

}  // namespace

std::string Replayer::summary() const {
    const auto value = [&](api::StatisticsKind kind, std::uint64_t id, std::uint64_t parent,
                           api::ObjectValue name) -> std::uint64_t {
        for (api::ObjectSlot& slot : statistics_->slots(0))
            if (slot.kind == kind && slot.id == id &&
                (kind != api::StatisticsKind::encoding || slot.parent == parent))
                return slot[name].get();
        return 0;
    };
    std::string out =
        "{\"input\":{" + member("packets", played_) + "," + member("other_flows", other_flows_) +
        "," + member("not_udp", skipped_.not_udp) + "," + member("fragment", skipped_.fragment) +
        "," + member("truncated", skipped_.truncated) + "," + member("too_large", too_large_) +
        "},\"duration_s\":" + seconds(now_us_ - 1'000'000 - options_.tail_us) + ",\"tracks\":[";
    for (std::size_t t = 0; t < session_.tracks.size(); ++t) {
        const SessionTrack& track = session_.tracks[t];
        out += std::string(t == 0 ? "" : ",") + "{\"id\":" + quoted(track.id) + ",\"encodings\":[";
        for (std::size_t e = 0; e < track.encodings.size(); ++e) {
            const auto of = [&](api::ObjectValue name) {
                return member(api::name(name),
                              value(api::StatisticsKind::encoding, 2 + t, e, name));
            };
            out += std::string(e == 0 ? "" : ",") + "{\"rid\":" + quoted(track.encodings[e].rid) +
                   "," + of(api::ObjectValue::ssrc) + "," + of(api::ObjectValue::packets) + "," +
                   of(api::ObjectValue::bytes) + "," + of(api::ObjectValue::lost) + "," +
                   of(api::ObjectValue::duplicates) + "," + of(api::ObjectValue::rtx_packets) +
                   "," + of(api::ObjectValue::key_frames) + "}";
        }
        out += "]}";
    }
    out += "],\"receivers\":[";
    for (std::size_t r = 0; r < receivers_.size(); ++r) {
        const SessionReceiver& named = session_.receivers[r];
        const Receiver& receiver = receivers_[r];
        const auto of = [&](api::ObjectValue name) {
            return value(api::StatisticsKind::subscription, receiver.subscription_id, 0, name);
        };
        const SessionTrack* track = nullptr;
        for (const SessionTrack& candidate : session_.tracks)
            if (candidate.id == named.track) track = &candidate;
        out += std::string(r == 0 ? "" : ",") + "{\"id\":" + quoted(named.id) +
               ",\"track\":" + quoted(named.track) + "," + member("ssrc", receiver.ssrc) + "," +
               member("packets", receiver.packets) + "," + member("bytes", receiver.bytes) +
               ",\"target\":" + layers(of(api::ObjectValue::target), *track) +
               ",\"current\":" + layers(of(api::ObjectValue::current), *track) +
               ",\"forwarding\":" + (of(api::ObjectValue::forwarding) ? "true," : "false,") +
               member("switches", of(api::ObjectValue::switches)) + "}";
    }
    out += "],\"key_frame_requests\":[";
    for (std::size_t i = 0; i < key_frame_requests_.size(); ++i) {
        const KeyFrameRequested& request = key_frame_requests_[i];
        const SessionTrack& track = session_.tracks[request.track];
        out += std::string(i == 0 ? "" : ",") + "{\"at_s\":" + seconds(request.at_us) +
               ",\"track\":" + quoted(track.id) + "," + member("encoding", request.encoding) +
               ",\"rid\":" + quoted(track.encodings[request.encoding].rid) + "," +
               member("ssrc", request.ssrc) + "}";
    }
    api::WorkerBlock& worker = statistics_->worker(0);
    out += "],\"counters\":" + counters<api::WorkerCounter>(worker.counters) +
           ",\"drops\":" + counters<api::RxDrop>(worker.rx_drops) +
           ",\"tx_drops\":" + counters<api::TxDrop>(worker.tx_drops) + "}";
    return out;
}

}  // namespace strata::dataplane
