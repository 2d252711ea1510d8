#include "control/signalling/sdp/slot_offer.h"

#include <algorithm>
#include <array>
#include <map>

#include "control/room/media_rules.h"
#include "control/signalling/sdp/terms.h"

namespace strata::control::sdp {
namespace {

// A codec with the payload types that it is offered by; those of browsers, which nothing demands.
struct OfferedCodec {
    std::string_view name;
    std::uint8_t payload_type, repeat_payload_type;  // RTX of video, RED of audio
    std::string_view parameters;
};
// Decoders of each profile that publishers may have chosen: in the order of preference.
constexpr std::array kVideoCodecs = {
    OfferedCodec{"VP9", 98, 99, "profile-id=0"},
    OfferedCodec{"VP9", 100, 101, "profile-id=2"},
    OfferedCodec{"AV1", 45, 46, "level-idx=5;profile=0;tier=0"},
    OfferedCodec{"VP8", 96, 97, ""},
    OfferedCodec{"H264", 102, 103,
                 "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    OfferedCodec{"H264", 104, 105,
                 "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"},
    OfferedCodec{"H264", 106, 107,
                 "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"},
    OfferedCodec{"H264", 108, 109,
                 "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f"},
};
constexpr OfferedCodec kOpus{"opus", 111, 63, "minptime=10;useinbandfec=1"};

// What is stored of an answer, of each kind; offers have half as much.
constexpr std::size_t kMaxFormats = 16, kMaxParameterBytes = 255;

// The same ids in all sections of the bundle.
constexpr std::array<std::pair<std::uint8_t, std::string_view>, 8> kExtensions = {{
    {1, uri::kMid},
    {2, uri::kAbsCaptureTime},
    {3, uri::kTransportCc},
    {4, uri::kAudioLevel},
    {5, uri::kDependencyDescriptor},
    {6, uri::kPlayoutDelay},
    {7, uri::kColorSpace},
    {8, uri::kContentType},
}};

bool offered(std::string_view name, MediaKind kind, const Capabilities& can) {
    if (name == uri::kMid) return can.stamps_mid;
    if (name == uri::kTransportCc) return can.transport_cc;
    if (name == uri::kAbsCaptureTime) return true;
    return (name == uri::kAudioLevel) == (kind == MediaKind::audio);
}

std::vector<std::string> feedback_of(MediaKind kind, const Capabilities& can) {
    std::vector<std::string> feedback;
    if (can.transport_cc) feedback.emplace_back("transport-cc");
    if (kind == MediaKind::audio) return feedback;
    feedback.insert(feedback.end(), {"ccm fir", "nack pli"});
    if (can.retransmission) feedback.emplace_back("nack");
    return feedback;
}

void add_video(const SlotOffer& offer, const Capabilities& can, Media& media) {
    for (const OfferedCodec& codec : kVideoCodecs) {
        if (!offer.video_codecs.empty() &&
            std::ranges::find(offer.video_codecs, codec.name) == offer.video_codecs.end())
            continue;
        media.formats.push_back({.payload_type = codec.payload_type,
                                 .codec = std::string(codec.name),
                                 .clock_rate_hz = 90'000,
                                 .parameters = std::string(codec.parameters),
                                 .feedback = feedback_of(MediaKind::video, can)});
        if (can.retransmission)
            media.formats.push_back({.payload_type = codec.repeat_payload_type,
                                     .codec = "rtx",
                                     .clock_rate_hz = 90'000,
                                     .parameters = "apt=" + std::to_string(codec.payload_type),
                                     .feedback = {}});
    }
}

void add_audio(const Capabilities& can, Media& media) {
    const std::string inner = std::to_string(kOpus.payload_type);
    media.formats.push_back({.payload_type = kOpus.payload_type,
                             .codec = std::string(kOpus.name),
                             .clock_rate_hz = 48'000,
                             .channels = 2,
                             .parameters = std::string(kOpus.parameters),
                             .feedback = feedback_of(MediaKind::audio, can)});
    media.formats.push_back({.payload_type = kOpus.repeat_payload_type,
                             .codec = "red",
                             .clock_rate_hz = 48'000,
                             .channels = 2,
                             .parameters = inner + "/" + inner,
                             .feedback = {}});
}

void name_slot(const Slot& slot, const SlotOffer& offer, std::size_t ordinal,
               const Capabilities& can, Media& media) {
    media.msid = Msid{"slots-" + std::to_string(ordinal), "slot-" + slot.mid};
    media.sources.push_back({slot.ssrc, offer.cname});
    if (slot.rtx_ssrc == 0 || !can.retransmission) return;
    media.sources.push_back({slot.rtx_ssrc, offer.cname});
    media.source_groups.push_back({"FID", {slot.ssrc, slot.rtx_ssrc}});
}

SlotTerms terms_of(const Media& media, const Capabilities& can) {
    SlotTerms terms;
    const auto type_of = [](const std::optional<Format>& format) {
        return format ? format->payload_type : std::uint8_t{0};
    };
    for (const Choice& choice : relayed_formats(media, can)) {
        const SlotFormat format{.codec = choice.codec,
                                .parameters = choice.media.parameters,
                                .payload_type = choice.media.payload_type,
                                .rtx_payload_type = type_of(choice.rtx),
                                .red_payload_type = type_of(choice.red)};
        if (terms.formats.size() < kMaxFormats && format.parameters.size() <= kMaxParameterBytes &&
            check_payload_types(format.payload_type, format.rtx_payload_type,
                                format.red_payload_type))
            terms.formats.push_back(format);
    }
    const MediaKind kind = media.kind == "audio" ? MediaKind::audio : MediaKind::video;
    for (const ExtensionMapping& extension : media.extensions)
        for (const auto& [id, name] : kExtensions)
            if (id == extension.id && name == extension.uri && offered(name, kind, can))
                terms.extensions[id] = name;
    return terms;
}

Result<void> check_sections(const Description& answer, std::span<const Slot> slots) {
    if (answer.media.size() != slots.size())
        return refuse(ErrorCode::invalid_sdp, "m=",
                      "the answer has " + std::to_string(answer.media.size()) +
                          " media sections, the offer " + std::to_string(slots.size()));
    for (std::size_t i = 0; i < slots.size(); ++i)
        if (answer.media[i].kind != kind_text(slots[i].kind) ||
            (answer.media[i].mid != slots[i].mid && !answer.media[i].rejected()))
            return refuse(
                ErrorCode::invalid_sdp,
                "m=", "section " + std::to_string(i) + " answers another one",
                "it is " + std::string(kind_text(slots[i].kind)) + " with mid " + slots[i].mid);
    return {};
}

}  // namespace

Description make_slot_offer(const SlotOffer& offer, const Capabilities& capabilities,
                            const LocalTransport& local) {
    Description description{.session_id = offer.session_id,
                            .session_version = offer.session_version,
                            .ice_lite = true,
                            .extmap_allow_mixed = true};
    std::array<std::size_t, kKindTexts.size()> ordinals{};
    for (const Slot& slot : offer.slots) {
        Media media{.kind = std::string(kind_text(slot.kind)), .mid = slot.mid};
        media.direction = Direction::sendonly;
        media.rtcp_mux = media.rtcp_rsize = true;
        if (slot.kind == MediaKind::video)
            add_video(offer, capabilities, media);
        else
            add_audio(capabilities, media);
        for (const auto& [id, name] : kExtensions)
            if (offered(name, slot.kind, capabilities))
                media.extensions.push_back({id, std::string(name)});
        name_slot(slot, offer, ordinals.at(static_cast<std::size_t>(slot.kind))++, capabilities,
                  media);
        media.transport = {local.ice_ufrag, local.ice_pwd, local.fingerprint, Setup::actpass};
        if (!local.candidates.empty()) media.port = local.candidates.front().port;
        if (description.media.empty()) {
            media.candidates = local.candidates;
            media.end_of_candidates = true;
        }
        description.bundle.push_back(slot.mid);
        description.media.push_back(std::move(media));
    }
    return description;
}

Result<SlotAnswer> read_slot_answer(const Description& answer, const SlotOffer& offer,
                                    const Capabilities& capabilities) {
    if (auto ok = check_sections(answer, offer.slots); !ok) return std::unexpected(ok.error());
    SlotAnswer read{.remote = {}, .extmap_allow_mixed = answer.extmap_allow_mixed};
    std::vector<std::size_t> accepted;
    std::array<bool, kKindTexts.size()> known{};
    for (std::size_t i = 0; i < offer.slots.size(); ++i) {
        const Media& media = answer.media[i];
        bool usable_here = usable(answer, i) && receives(media.direction);
        if (usable_here) {
            const bool audio = offer.slots[i].kind == MediaKind::audio;
            SlotTerms& terms = audio ? read.audio : read.video;
            SlotTerms here = terms_of(media, capabilities);
            bool& first_known = known.at(static_cast<std::size_t>(offer.slots[i].kind));
            if (!std::exchange(first_known, true)) terms = here;
            usable_here = terms == here;
            accepted.push_back(i);
        }
        read.usable.push_back(usable_here);
    }
    if (accepted.empty())
        return refuse(ErrorCode::not_acceptable, "m=", "the answer accepts none of the slots");
    const std::size_t tagged = tagged_section(answer, accepted);
    const auto remote = remote_transport(answer, tagged);
    if (!remote) return std::unexpected(remote.error());
    if (answer.media[tagged].transport.setup == Setup::actpass ||
        (answer.media[tagged].transport.setup == Setup::none &&
         answer.transport.setup == Setup::actpass))
        return refuse(ErrorCode::invalid_sdp, "a=setup", "an answer chooses active or passive");
    read.remote = *remote;
    return read;
}

}  // namespace strata::control::sdp
