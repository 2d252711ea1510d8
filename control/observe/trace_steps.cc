#include "control/observe/trace_steps.h"

#include <cstring>

#include "control/observe/words.h"
#include "relay/codec/packet_info.h"

namespace strata::control {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string layers(unsigned spatial, unsigned temporal) {
    return "S" + number(spatial) + "T" + number(temporal);
}

const char* codec_name(std::uint8_t codec) {
    switch (static_cast<relay::Codec>(codec)) {
        case relay::Codec::vp8: return "VP8";
        case relay::Codec::vp9: return "VP9";
        case relay::Codec::av1: return "AV1";
        case relay::Codec::h264: return "H264";
        case relay::Codec::h264_svc: return "H264-SVC";
        case relay::Codec::opus: return "opus";
        case relay::Codec::opaque: break;
    }
    return "a codec that isn't looked into";
}

// Takes a record's parts in their order.
class Parts {
  public:
    explicit Parts(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    template <typename Part>
    bool next(Part& part) {
        if (bytes_.size() < sizeof part) return false;
        std::memcpy(&part, bytes_.data(), sizeof part);
        bytes_ = bytes_.subspan(sizeof part);
        return true;
    }

  private:
    std::span<const std::uint8_t> bytes_;
};

class Steps {
  public:
    Steps(const ObservedPacket& packet, const Directory& directory)
        : head_(packet.head), worker_(packet.worker), parts_(packet.tail), directory_(directory) {}

    std::vector<TraceStep> made() {
        add_origin();
        api::TracedPacket parsed;
        if (!parts_.next(parsed)) return std::move(steps_);
        if (parsed.parsed) add_parsed(parsed);
        add("fate", fate_words(head_.fate));
        api::TracedGroup group;
        for (unsigned i = 0; i < parsed.groups && parts_.next(group); ++i) add_group(group, parsed);
        if (parsed.more_groups != 0)
            add("group", "and " + counted(parsed.more_groups, "group") + " more");
        api::TracedOutput output;
        for (unsigned i = 0; i < parsed.outputs && parts_.next(output); ++i) add_output(output);
        if (parsed.more_outputs != 0)
            add("output", "and " + counted(parsed.more_outputs, "output") + " more");
        return std::move(steps_);
    }

  private:
    void add(std::string_view stage, std::string text) {
        steps_.push_back({stage, std::move(text)});
    }

    void add_origin() {
        add("received", "by worker " + number(worker_) + " at " +
                            observed_address(head_.local, head_.local_port) + " from " +
                            observed_address(head_.remote, head_.remote_port) + ": " +
                            counted(head_.wire_bytes, "byte") + " of " +
                            class_words(head_.packet_class) + (head_.secure ? ", decrypted" : ""));
        if (head_.transport == 0)
            add("transport", "none is known at this address");
        else
            add("transport", participant_text({head_.transport}));
        if (head_.packet_class != api::ObservedClass::rtp) return;
        add("stream", "SSRC " + number(head_.ssrc) +
                          (head_.track == 0 ? ", of no track" : stream_text({head_.track})));
    }

    std::string participant_text(ParticipantId id) const {
        const auto at = directory_.participants().find(id);
        if (at == directory_.participants().end()) return id_text(id) + ", which is gone";
        return id_text(id) + " (" + at->second.room + "/" + at->second.name + ")";
    }

    std::string stream_text(TrackId id) const {
        std::string text = ", encoding " + number(head_.encoding);
        const auto at = directory_.tracks().find(id);
        const bool known = at != directory_.tracks().end();
        if (known && head_.encoding < at->second.encodings.size() &&
            !at->second.encodings[head_.encoding].rid.empty())
            text += " (rid " + at->second.encodings[head_.encoding].rid + ")";
        text += " of track " + id_text(id);
        if (known) text += " (" + at->second.name + ")";
        return text + (head_.retransmitted ? ", retransmitted by RTX" : "");
    }

    void add_parsed(const api::TracedPacket& p) {
        std::string text = "as " + std::string(codec_name(p.codec)) + " " +
                           layers(p.spatial, p.temporal) + ", payload type " +
                           number(p.payload_type) + ", sequence " + number(p.sequence) +
                           ", timestamp " + number(p.timestamp);
        if (p.picture_id >= 0) text += ", picture " + number(static_cast<unsigned>(p.picture_id));
        if (p.key_frame) text += ", key frame";
        if (p.starts_frame) text += ", frame start";
        if (p.ends_frame) text += ", frame end";
        if (p.marker) text += ", marker";
        text += "; header " + number(p.header_bytes) + " (" + counted(p.extensions, "extension") +
                (p.has_descriptor ? ", dependency descriptor" : "") + "), codec descriptor " +
                number(p.descriptor_bytes) + ", payload " + counted(p.payload_bytes, "byte");
        if (p.padding_bytes != 0) text += ", padding " + number(p.padding_bytes);
        add("parsed", std::move(text));
    }

    void add_group(const api::TracedGroup& g, const api::TracedPacket& p) {
        std::string text = "encoding " + number(g.encoding) + " " + layers(g.spatial, g.temporal) +
                           ", " + counted(g.members, "receiver") + ": ";
        switch (g.action) {
            case api::TracedAction::forwarded:
                text += "forwarded as " + number(g.number) + " before receivers' offsets";
                if (g.ends_picture) text += ", ends the picture";
                break;
            case api::TracedAction::closed:
                text += "dropped, an empty packet takes its number " + number(g.number);
                break;
            case api::TracedAction::elsewhere:
                text += "not asked, it takes another encoding";
                break;
            case api::TracedAction::dropped: text += "dropped because " + why(g, p); break;
        }
        add("group", std::move(text));
    }

    static std::string why(const api::TracedGroup& g, const api::TracedPacket& p) {
        if (p.spatial > g.spatial)
            return "S" + number(p.spatial) + " is above its spatial layer S" + number(g.spatial);
        if (p.temporal > g.temporal)
            return "T" + number(p.temporal) + " is above its temporal layer T" + number(g.temporal);
        if (p.payload_bytes == 0) return "there is nothing but padding in it";
        return "no frame that the group takes needs it";
    }

    void add_output(const api::TracedOutput& o) {
        std::string text =
            counted(o.receivers, "receiver") + " by port " + number(o.port) +
            ", the first as SSRC " + number(o.ssrc) + " sequence " + number(o.sequence) +
            ": header " + number(o.header_bytes) + ", payload " + counted(o.payload_bytes, "byte") +
            (o.encrypted ? ", encrypted" : "") + (o.empty ? ", empty, closes a hole" : "") + "; ";
        std::string ends;
        const auto end = [&](std::uint32_t count, const std::string& how) {
            if (count != 0) ends += (ends.empty() ? "" : ", ") + number(count) + " " + how;
        };
        end(o.sent, "sent");
        end(o.queued, "queued for the port");
        end(o.held, "held for the next hop's address");
        end(o.dropped, fate_words({.fate = api::ObservedFate::tx_dropped, .reason = o.reason}));
        add("output", text + (ends.empty() ? "nothing was sent" : ends));
    }

    const api::ObservedHead& head_;
    std::uint32_t worker_;
    Parts parts_;
    const Directory& directory_;
    std::vector<TraceStep> steps_;
};

}  // namespace

std::vector<TraceStep> trace_steps(const ObservedPacket& packet, const Directory& directory) {
    return Steps(packet, directory).made();
}

}  // namespace strata::control
