#include "control/signalling/sdp/codec_choice.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "relay/rewrite/header_profile.h"

namespace strata::control::sdp {
namespace {

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

struct Codec {
    std::string_view name;
    std::string_view kind;
    std::uint32_t clock_rate_hz;
};
constexpr std::array kCodecs = {Codec{"VP8", "video", 90'000}, Codec{"VP9", "video", 90'000},
                                Codec{"AV1", "video", 90'000}, Codec{"H264", "video", 90'000},
                                Codec{"opus", "audio", 48'000}};

std::string parameter(std::string_view parameters, std::string_view name, const char* otherwise) {
    return format_parameter(parameters, name).value_or(otherwise);
}

// RFC 4588: the format that repeats `payload_type`.
const Format* find_rtx(const Media& media, std::uint8_t payload_type) {
    for (const Format& format : media.formats)
        if (same_name(format.codec, "rtx") &&
            format_parameter(format.parameters, "apt") == std::to_string(payload_type))
            return &format;
    return nullptr;
}

// RFC 2198: parameters "111/111" name what is inside.
const Format* find_red(const Media& media, const Format& inner) {
    const std::string wanted = std::to_string(inner.payload_type) + "/";
    for (const Format& format : media.formats)
        if (same_name(format.codec, "red") && format.clock_rate_hz == inner.clock_rate_hz &&
            format.parameters.starts_with(wanted))
            return &format;
    return nullptr;
}

std::vector<std::string> working_feedback(const Format& offered, const Capabilities& can,
                                          bool rtx) {
    std::vector<std::string> working;
    for (const std::string& feedback : offered.feedback) {
        const bool works = feedback == "nack pli" || feedback == "ccm fir" ||
                           (feedback == "nack" && rtx) ||
                           (feedback == "transport-cc" && can.transport_cc);
        if (works) working.push_back(feedback);
    }
    return working;
}

// End to end ones (C37), and those of the hop that are understood. Video orientation is left out:
// who has it negotiated no longer rotates pixels, and legs may not know it.
bool extension_works(std::string_view name, std::string_view codec, const Media& offered,
                     bool receiving, const Capabilities& can) {
    if (name == uri::kMid)
        return receiving || (can.stamps_mid && offered.mid.size() <= relay::kMaxMidSize);
    if (name == uri::kRid || name == uri::kRepairedRid) return receiving;
    if (name == uri::kTransportCc) return can.transport_cc;
    if (name == uri::kAbsCaptureTime) return true;
    if (codec == "opus") return name == uri::kAudioLevel;
    // VP8 with a descriptor has none of its own, which legs without it would need rebuilt (B9).
    if (name == uri::kDependencyDescriptor) return codec != "VP8";
    return name == uri::kPlayoutDelay || name == uri::kColorSpace || name == uri::kContentType;
}

Choice complete(const Media& offered, const Format& format, std::string codec, bool receiving,
                const Capabilities& can, BundleExtensions& bundle) {
    Choice choice{.codec = std::move(codec), .media = format};
    if (const Format* rtx = find_rtx(offered, format.payload_type); rtx && can.retransmission) {
        choice.rtx = *rtx;
        choice.rtx->feedback.clear();
    }
    choice.media.feedback = working_feedback(format, can, choice.rtx.has_value());
    if (const Format* red = find_red(offered, format)) {
        choice.red = *red;
        choice.red->feedback.clear();
    }
    for (const ExtensionMapping& extension : offered.extensions)
        if (extension_works(extension.uri, choice.codec, offered, receiving, can) &&
            bundle.take(extension))
            choice.extensions.push_back(extension);
    return choice;
}

}  // namespace

bool BundleExtensions::take(const ExtensionMapping& extension) {
    for (const ExtensionMapping& other : taken_) {
        if (other == extension) return true;
        if (other.id == extension.id || other.uri == extension.uri) return false;
    }
    taken_.push_back(extension);
    return true;
}

bool decodes(std::string_view codec, std::string_view sent, std::string_view wanted) {
    if (codec == "VP9")
        return parameter(sent, "profile-id", "0") == parameter(wanted, "profile-id", "0");
    if (codec == "AV1") return parameter(sent, "profile", "0") == parameter(wanted, "profile", "0");
    if (codec != "H264") return true;
    // RFC 6184: mode 1 takes what mode 0 sends. The first byte of profile-level-id is the profile;
    // decoders of main (4d) and high (64) take baseline (42).
    if (parameter(sent, "packetization-mode", "0") == "1" &&
        parameter(wanted, "packetization-mode", "0") != "1")
        return false;
    const std::string from = parameter(sent, "profile-level-id", "42").substr(0, 2);
    const std::string to = parameter(wanted, "profile-level-id", "42").substr(0, 2);
    return same_name(from, to) || from == "42";
}

std::optional<std::string> relayed_codec(const Media& media, const Format& format) {
    for (const Codec& codec : kCodecs)
        if (same_name(codec.name, format.codec) && codec.kind == media.kind &&
            codec.clock_rate_hz == format.clock_rate_hz)
            return std::string(codec.name);
    return std::nullopt;
}

std::optional<Choice> choose_to_receive(const Media& offered, const Capabilities& capabilities,
                                        BundleExtensions& bundle) {
    for (const Format& format : offered.formats)
        if (auto codec = relayed_codec(offered, format))
            return complete(offered, format, *std::move(codec), true, capabilities, bundle);
    return std::nullopt;
}

std::optional<Choice> choose_to_send(const Media& offered, std::string_view codec,
                                     std::string_view parameters, const Capabilities& capabilities,
                                     BundleExtensions& bundle) {
    for (const Format& format : offered.formats) {
        const auto name = relayed_codec(offered, format);
        if (name && *name == codec && decodes(codec, parameters, format.parameters))
            return complete(offered, format, *name, false, capabilities, bundle);
    }
    return std::nullopt;
}

std::vector<Choice> relayed_formats(const Media& media, const Capabilities& capabilities) {
    std::vector<Choice> found;
    for (const Format& format : media.formats) {
        auto codec = relayed_codec(media, format);
        if (!codec) continue;
        Choice choice{.codec = *std::move(codec), .media = format};
        if (const Format* rtx = find_rtx(media, format.payload_type);
            rtx && capabilities.retransmission)
            choice.rtx = *rtx;
        if (const Format* red = find_red(media, format)) choice.red = *red;
        found.push_back(std::move(choice));
    }
    return found;
}

}  // namespace strata::control::sdp
