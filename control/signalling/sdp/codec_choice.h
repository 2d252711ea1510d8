#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/signalling/sdp/description.h"

// Which codecs and header extensions the relay takes part in.
namespace strata::control::sdp {

// What the media path does in one direction, and therefore what may be promised.
struct Capabilities {
    bool retransmission = false;  // NACK and RTX (RFC 4588)
    bool transport_cc = false;    // feedback to publishers, numbers stamped for viewers
    bool stamps_mid = false;      // MID extension on what is sent
};

// Header extension ids that sections of one bundle have taken: one id has one meaning, one URI one
// id (RFC 8843 section 9.2.2). Some offers contradict themselves there; who comes first has it.
class BundleExtensions {
  public:
    // False: the id has another meaning already, or the URI another id.
    bool take(const ExtensionMapping& extension);

  private:
    std::vector<ExtensionMapping> taken_;
};

// A media format with what goes with it in the same section.
struct Choice {
    std::string codec;  // as the data plane names it: "VP8", "opus"
    Format media;
    std::optional<Format> rtx;  // its apt is the media format
    std::optional<Format> red;  // RFC 2198 around it; audio
    std::vector<ExtensionMapping> extensions;
};

// Canonical name of a codec that is relayed; nullopt: not one.
std::optional<std::string> relayed_codec(const Media& media, const Format& format);

// The first codec of the offer that is relayed, with feedback and extensions cut to what works in
// this direction; nullopt: none.
std::optional<Choice> choose_to_receive(const Media& offered, const Capabilities& capabilities,
                                        BundleExtensions& bundle);

// The first format of the offer in which a stream of `codec` with the publisher's `parameters`
// can be decoded.
std::optional<Choice> choose_to_send(const Media& offered, std::string_view codec,
                                     std::string_view parameters, const Capabilities& capabilities,
                                     BundleExtensions& bundle);

// Whether who asks for `wanted` can decode what was announced as `sent`; both are format parameters
// of `codec`.
bool decodes(std::string_view codec, std::string_view sent, std::string_view wanted);

// All formats of `media` that are relayed, in its order, each with its RTX and RED; without
// extensions.
std::vector<Choice> relayed_formats(const Media& media, const Capabilities& capabilities);

}  // namespace strata::control::sdp
