#include "bench/generator/capture.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "bench/generator/frame_reader.h"
#include "bench/generator/pcap_reader.h"
#include "relay/rtp/byte_order.h"
#include "relay/rtp/demux.h"

namespace strata::gen {
namespace {

using nlohmann::json;
using relay::load_be32;

json read_sidecar(const std::string& path) {
    const std::string name = std::filesystem::path(path).replace_extension(".json").string();
    std::ifstream in(name);
    if (!in)
        throw FileError(path + ": no sidecar " + name +
                        " (payloadTypes, headerExtensions and ssrcs are read from it)");
    try {
        return json::parse(in);
    } catch (const json::exception& e) {
        throw FileError(name + ": " + e.what());
    }
}

// SSRCs in the sidecar that carry `payload_type`, with the rid they had.
struct SidecarSsrc {
    std::uint32_t ssrc = 0;
    std::string rid;
    std::int64_t rank = 0;  // grows with the picture
};

std::int64_t picture_rank(const json& sidecar, std::uint32_t ssrc, std::int64_t bytes) {
    for (const json& stream : sidecar.value("streams", json::array()))
        if (stream.value("ssrc", 0u) == ssrc && stream.contains("width"))
            return stream["width"].get<std::int64_t>() * 1'000'000'000;
    return bytes;
}

std::vector<SidecarSsrc> ssrcs_of(const json& sidecar, int payload_type) {
    std::vector<SidecarSsrc> found;
    for (const auto& [text, facts] : sidecar.at("ssrcs").items()) {
        if (facts.at("pt").get<int>() != payload_type) continue;
        SidecarSsrc one;
        one.ssrc = static_cast<std::uint32_t>(std::stoul(text));
        const json& rids = facts.value("rids", json::array());
        if (!rids.empty()) one.rid = rids.front().get<std::string>();
        one.rank = picture_rank(sidecar, one.ssrc, facts.value("bytes", std::int64_t{0}));
        found.push_back(std::move(one));
    }
    std::ranges::stable_sort(found, {}, &SidecarSsrc::rank);
    return found;
}

bool is_audio(const std::string& codec) { return codec_of_name(codec) == relay::Codec::opus; }

// The payload type of the media that `kind` asks for; RED's where its packets are wrapped.
void choose_payload_types(const json& sidecar, TrackKind kind, TrackDescription& track) {
    for (const bool audio : {false, true}) {
        if (audio ? kind == TrackKind::video : kind == TrackKind::audio) continue;
        for (const auto& [pt, format] : sidecar.at("payloadTypes").items()) {
            const auto name = format.at("codec").get<std::string>();
            if (codec_of_name(name) == relay::Codec::opaque || is_audio(name) != audio) continue;
            track.codec = codec_name(codec_of_name(name));
            track.payload_type = static_cast<std::uint8_t>(std::stoi(pt));
            track.clock_rate_hz = audio ? 48'000 : 90'000;
        }
        if (!track.codec.empty()) break;
    }
    if (track.codec.empty()) return;
    for (const auto& [pt, format] : sidecar.at("payloadTypes").items()) {
        const auto name = format.at("codec").get<std::string>();
        const auto value = static_cast<std::uint8_t>(std::stoi(pt));
        if (name.starts_with("rtx/") && !track.is_audio()) track.rtx_payload_type = value;
        if (name.starts_with("red/") && track.is_audio()) track.red_payload_type = value;
    }
}

void add_encodings(const json& sidecar, TrackDescription& track) {
    std::vector<SidecarSsrc> media = ssrcs_of(sidecar, track.payload_type);
    if (media.empty() && track.red_payload_type != 0)
        media = ssrcs_of(sidecar, track.red_payload_type);
    const auto rtx = track.rtx_payload_type != 0 ? ssrcs_of(sidecar, track.rtx_payload_type)
                                                 : std::vector<SidecarSsrc>{};
    for (const SidecarSsrc& one : media) {
        EncodingDescription encoding{one.rid, one.ssrc, 0};
        for (const SidecarSsrc& r : rtx)
            if (r.rid == one.rid) encoding.rtx_ssrc = r.ssrc;
        track.encodings.push_back(encoding);
    }
    // Several SSRCs without rid are tried-out encodings of old sessions: the largest one counts.
    const bool rids = std::ranges::all_of(media, [](const auto& m) { return !m.rid.empty(); });
    if (track.encodings.size() > 1 && !rids)
        track.encodings.erase(track.encodings.begin(), track.encodings.end() - 1);
}

TrackDescription describe(const std::string& path, TrackKind kind) {
    const json sidecar = read_sidecar(path);
    TrackDescription track;
    try {
        choose_payload_types(sidecar, kind, track);
        if (track.codec.empty()) throw FileError(path + ": no such track in its sidecar");
        for (const auto& [id, uri] : sidecar.at("headerExtensions").items())
            track.extensions[static_cast<std::uint8_t>(std::stoi(id))] = uri.get<std::string>();
        add_encodings(sidecar, track);
    } catch (const json::exception& e) {
        throw FileError(path + ": sidecar: " + e.what());
    }
    if (track.encodings.empty()) throw FileError(path + ": no SSRC of the track in its sidecar");
    return track;
}

// Puts encodings in the order of their pictures' sizes as sent; bytes, which the sidecar counts,
// may mislead when an encoding was sent only for a while.
void order_by_picture(const std::string& path, TrackDescription& track) {
    if (track.encodings.size() < 2) return;
    std::map<std::uint32_t, int> widths;
    std::map<std::uint32_t, FrameReader> readers;
    const relay::PacketParser parser = track.parser();
    relay::PacketInfo info;
    FrameFacts facts;
    for (const CapturedDatagram& datagram : read_pcap(path)) {
        if (relay::classify(datagram.payload) != relay::PacketClass::rtp ||
            relay::parse_packet(datagram.payload, parser, info) != relay::ParseError::none)
            continue;
        if (readers[info.ssrc.value].read(datagram.payload, info, facts) ==
            FrameReader::Result::read)
            widths[info.ssrc.value] = std::max<int>(widths[info.ssrc.value], facts.width);
    }
    const auto width = [&](const EncodingDescription& e) { return widths[e.ssrc]; };
    const bool known =
        std::ranges::all_of(track.encodings, [&](const auto& e) { return width(e) > 0; });
    if (known) std::ranges::stable_sort(track.encodings, {}, width);
}

std::optional<std::uint8_t> encoding_of_ssrc(const TrackDescription& track, std::uint32_t ssrc) {
    for (std::size_t i = 0; i < track.encodings.size(); ++i)
        if (track.encodings[i].ssrc == ssrc) return static_cast<std::uint8_t>(i);
    return std::nullopt;
}

// First sender report of each encoding, RFC 3550 section 6.4.1.
void read_sender_reports(std::span<const std::uint8_t> compound, Capture& capture) {
    while (compound.size() >= 4) {
        const std::size_t size = (std::size_t{relay::load_be16(&compound[2])} + 1) * 4;
        if (size > compound.size()) return;
        if (compound[1] == 200 && size >= 28) {
            const auto encoding = encoding_of_ssrc(capture.track, load_be32(&compound[4]));
            if (encoding && !capture.clocks[*encoding].known)
                capture.clocks[*encoding] = {true, relay::load_be64(&compound[8]),
                                             load_be32(&compound[16])};
        }
        compound = compound.subspan(size);
    }
}

struct Cut {
    FrameReader reader;
    bool started = false;  // at a key picture; audio anywhere
    std::size_t packets_to_last_marker = 0, packets = 0;
};

void keep_whole_pictures(std::vector<CapturedPacket>& packets, const TrackDescription& track,
                         std::vector<Cut>& cuts, std::uint32_t& left_out) {
    if (track.is_audio()) return;
    std::vector<std::size_t> kept(cuts.size(), 0);
    const auto beyond = [&](const CapturedPacket& p) {
        return ++kept[p.encoding] > cuts[p.encoding].packets_to_last_marker;
    };
    left_out += static_cast<std::uint32_t>(std::erase_if(packets, beyond));
}

}  // namespace

Capture load_capture(const std::string& path, const TrackDescription& track) {
    Capture capture;
    capture.path = path;
    capture.track = track;
    capture.clocks.resize(track.encodings.size());
    std::vector<Cut> cuts(track.encodings.size());
    const relay::PacketParser parser = track.parser();
    relay::PacketInfo info;
    FrameFacts facts;
    for (CapturedDatagram& datagram : read_pcap(path)) {
        const relay::PacketClass what = relay::classify(datagram.payload);
        if (what == relay::PacketClass::rtcp) read_sender_reports(datagram.payload, capture);
        if (what != relay::PacketClass::rtp || datagram.payload.size() < relay::kRtpHeaderSize)
            continue;
        const auto encoding = encoding_of_ssrc(track, load_be32(&datagram.payload[8]));
        if (!encoding) continue;
        Cut& cut = cuts[*encoding];
        if (relay::parse_packet(datagram.payload, parser, info) == relay::ParseError::none &&
            cut.reader.read(datagram.payload, info, facts) == FrameReader::Result::read)
            cut.started = cut.started || facts.key_picture;
        if (!cut.started) {
            ++capture.left_out;
            continue;
        }
        ++cut.packets;
        if (info.marker) cut.packets_to_last_marker = cut.packets;
        capture.packets.push_back({datagram.time_us, *encoding, std::move(datagram.payload)});
    }
    keep_whole_pictures(capture.packets, track, cuts, capture.left_out);
    if (capture.packets.empty())
        throw FileError(path + ": no packet of the track from a key frame on");
    const std::int64_t first_us = capture.packets.front().at_us;
    for (CapturedPacket& packet : capture.packets) packet.at_us -= first_us;
    capture.duration_us = capture.packets.back().at_us;
    return capture;
}

Capture load_capture(const std::string& path, TrackKind kind) {
    TrackDescription track = describe(path, kind);
    order_by_picture(path, track);
    return load_capture(path, track);
}

}  // namespace strata::gen
