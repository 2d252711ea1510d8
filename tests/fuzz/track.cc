#include "relay/svc/track.h"

#include <array>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "relay/rtp/byte_order.h"
#include "tests/fuzz/every_codec.h"
#include "tests/fuzz/invariant.h"

using namespace strata::relay;

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t kReceivers = 4;
constexpr std::uint16_t kFirstSequence = 65'530;

// A packet that went out, and in which forms.
struct Kept {
    std::vector<std::uint8_t> bytes;
    SentForms forms;
};

// One track with four receivers, driven by the input's bytes.
class Session {
  public:
    explicit Session(std::uint8_t shape)
        : parser_(every_codec((shape & 8) != 0)), track_(make_config(shape)) {
        for (std::uint32_t i = 0; i < kReceivers; ++i) add(i);
    }

    //  op: |time|who|  op |    time: steps of 10 ms, who: receiver or encoding
    //       7  5 4 3 2   0
    void step(std::uint8_t op, Bytes& rest) {
        now_ += (op >> 5) * 10'000;
        const std::uint8_t who = op >> 3 & 3;
        switch (op & 7) {
            case 4: return set_target(who, take(rest, 1));
            case 5: return tick(who);
            case 6: return report(who, take(rest, 8));
            case 7:
                if (!track_.remove_receiver(who)) add(who);
                return;
            default: return packet(who, take(rest, rest.empty() ? 0 : take(rest, 1)[0]));
        }
    }

  private:
    static TrackConfig make_config(std::uint8_t shape) {
        TrackConfig config;
        config.codec = static_cast<Codec>((shape & 7) % 7);
        config.end_to_end_encrypted = (shape & 8) != 0;
        config.descriptor_negotiated = (shape & 16) != 0;
        config.encoding_count = (shape & 32) != 0 ? 3 : 1;
        config.receiver_capacity = kReceivers;
        return config;
    }

    static Bytes take(Bytes& rest, std::size_t size) {
        const Bytes taken = rest.first(size < rest.size() ? size : rest.size());
        rest = rest.subspan(taken.size());
        return taken;
    }

    // Receivers differ in what they negotiated, so that there are several header profiles.
    void add(std::uint32_t handle) {
        ReceiverConfig config;
        config.ssrc = 1'000 + handle;
        config.profile.payload_type = static_cast<std::uint8_t>(100 + handle);
        config.profile.mixed_extension_forms = handle != 1;
        if (handle != 2)
            for (std::size_t kind = 1; kind < config.profile.extension_id.size(); ++kind)
                config.profile.extension_id[kind] =
                    static_cast<std::uint8_t>(handle == 3 ? kind + 16 : kind % 14 + 1);
        config.target = {.spatial = static_cast<SpatialId>(handle % 3)};
        config.first_sequence = kFirstSequence;
        config.first_timestamp = 0xFFFF'F000;
        INVARIANT(track_.add_receiver(handle, config, now_));
    }

    void set_target(std::uint32_t handle, Bytes bits) {
        if (bits.empty()) return;
        const LayerTarget target{.encoding = static_cast<std::uint8_t>(bits[0] >> 4 & 3),
                                 .spatial = static_cast<SpatialId>(bits[0] & 3),
                                 .temporal = static_cast<TemporalId>(bits[0] >> 2 & 3),
                                 .paused = (bits[0] & 0x80) != 0};
        if (target.encoding < track_.config().encoding_count)
            track_.set_target(handle, target, now_);
    }

    void tick(std::uint8_t who) {
        track_.on_timer(now_);
        track_.on_key_frame_request(who, now_);
        for (std::uint8_t i = 0; i < track_.config().encoding_count; ++i) {
            track_.give_up_holes(i, now_, *outputs_);
            check_outputs({});
        }
        for (int i = 0; i < 8; ++i)
            if (const auto request = track_.next_key_frame_request(now_))
                INVARIANT(request->encoding < track_.config().encoding_count);
    }

    void report(std::uint8_t who, Bytes bytes) {
        if (bytes.size() < 8) return;
        track_.on_sender_report(who % track_.config().encoding_count, load_be64(bytes.data()),
                                load_be32(bytes.data()), now_);
        track_.sender_report(who, now_);
        track_.status(who);
        ask(who, static_cast<std::uint16_t>(kFirstSequence + bytes[0]));
    }

    // A NACK: whatever was sent can be made once more, and is well-formed again.
    void ask(std::uint8_t who, std::uint16_t sequence) {
        const SentNumber sent = track_.find_sent(who, {sequence});
        const Track::Repetition repetition{who, {sequence}, sent};
        Output& out = outputs_->outputs[0];
        if (sent.kind == SentNumber::Kind::empty) {
            INVARIANT(track_.repeat(repetition, out));
            return check_packet(out, *track_.slot_then(who, sent), {});
        }
        if (sent.kind != SentNumber::Kind::packet) return;
        const auto kept = kept_.find({sent.encoding, sent.n});
        if (kept == kept_.end()) return;
        for (std::size_t i = 0; i < kept->second.forms.count; ++i) {
            const SentForm& form = kept->second.forms.forms[i];
            if (form.group != sent.group) continue;
            PacketInfo info;
            const Bytes input = kept->second.bytes;
            INVARIANT(parse_packet(input, parser_, info) == ParseError::none);
            track_.is_obsolete(sent, info.timestamp);
            if (track_.repeat(repetition, form, input, info, out))
                check_packet(out, *track_.slot_then(who, sent), input);
        }
    }

    void packet(std::uint8_t who, Bytes bytes) {
        PacketInfo info;
        if (parse_packet(bytes, parser_, info) != ParseError::none || info.rtx) return;
        if (info.codec != track_.config().codec) return;
        outputs_->count = 0;
        const auto encoding = static_cast<std::uint8_t>(who % track_.config().encoding_count);
        const MediaDrop drop = track_.on_packet(encoding, bytes, info, now_, *outputs_);
        check_outputs(bytes);
        if (drop != MediaDrop::none) return;
        Kept kept{{bytes.begin(), bytes.end()}, {}};
        track_.describe_sent(kept.forms);
        kept_[{encoding, kept.forms.n}] = std::move(kept);
    }

    // Each output is a well-formed packet for each of its receivers.
    void check_outputs(Bytes input) {
        INVARIANT(outputs_->count <= kMaxOutputs);
        for (std::size_t i = 0; i < outputs_->count; ++i) {
            const Output& out = outputs_->outputs[i];
            INVARIANT(!out.receivers.empty());
            INVARIANT(out.header.size >= kRtpHeaderSize &&
                      out.header.size <= HeaderTemplate::kMaxSize);
            INVARIANT(std::size_t{out.payload_offset} + out.payload_size <= input.size() ||
                      out.payload_size == 0);
            for (const ReceiverSlot& receiver : out.receivers) check_packet(out, receiver, input);
        }
    }

    void check_packet(const Output& out, const ReceiverSlot& receiver, Bytes input) {
        std::array<std::uint8_t, HeaderTemplate::kMaxSize + 65'536>& whole = *packet_;
        write_header(out.header, receiver.offsets, whole.data());
        for (std::size_t i = 0; i < out.payload_size; ++i)
            whole[out.header.size + i] = input[out.payload_offset + i];
        PacketInfo info;
        const Bytes sent = Bytes(whole).first(out.header.size + std::size_t{out.payload_size});
        INVARIANT(parse_header(sent, parser_.extensions, info) == ParseError::none);
        INVARIANT(info.ssrc.value == 1'000 + receiver.handle);
        INVARIANT(info.padding_size == out.padding);
        INVARIANT(info.csrc_count == 0 || !input.empty());
    }

    PacketParser parser_;
    Track track_;
    TimeUs now_ = 1'000'000;
    std::map<std::pair<std::uint8_t, std::int64_t>, Kept> kept_;
    std::unique_ptr<OutputList> outputs_ = std::make_unique<OutputList>();
    std::unique_ptr<std::array<std::uint8_t, HeaderTemplate::kMaxSize + 65'536>> packet_ =
        std::make_unique<std::array<std::uint8_t, HeaderTemplate::kMaxSize + 65'536>>();
};

}  // namespace

// First byte: the track's codec and shape; then steps.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Session session(data[0]);
    Bytes rest(data + 1, size - 1);
    while (!rest.empty()) {
        const std::uint8_t op = rest[0];
        rest = rest.subspan(1);
        session.step(op, rest);
    }
    return 0;
}
