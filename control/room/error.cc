#include "control/room/error.h"

#include <array>

namespace strata::control {

std::string_view error_code_text(ErrorCode code) {
    static constexpr std::array<std::string_view, static_cast<std::size_t>(ErrorCode::kCount)>
        kTexts = {"invalid-json",
                  "unknown-field",
                  "missing-field",
                  "invalid-field",
                  "invalid-layers",
                  "invalid-query",
                  "bad-request",
                  "invalid-sdp",
                  "unauthorized",
                  "forbidden",
                  "forbidden-host",
                  "not-found",
                  "method-not-allowed",
                  "not-acceptable",
                  "timeout",
                  "already-exists",
                  "ssrc-collision",
                  "worker-mismatch",
                  "other-room",
                  "own-track",
                  "already-subscribed",
                  "precondition-failed",
                  "body-too-large",
                  "unsupported-media-type",
                  "limit-reached",
                  "precondition-required",
                  "header-too-large",
                  "internal",
                  "store-unavailable",
                  "too-many-connections",
                  "dataplane-unavailable"};
    return kTexts.at(static_cast<std::size_t>(code));
}

}  // namespace strata::control
