#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace strata::control {

// Every way in which an operation can be refused. The texts (error_code_text) are stable: programs
// compare them, and openapi.yaml lists them.
enum class ErrorCode : std::uint8_t {
    invalid_json,
    unknown_field,
    missing_field,
    invalid_field,
    invalid_layers,
    invalid_query,
    bad_request,
    invalid_sdp,
    unauthorized,
    forbidden,
    forbidden_host,
    not_found,
    method_not_allowed,
    not_acceptable,
    timeout,
    already_exists,
    ssrc_collision,
    worker_mismatch,
    other_room,
    own_track,
    already_subscribed,
    precondition_failed,
    body_too_large,
    unsupported_media_type,
    limit_reached,
    precondition_required,
    header_too_large,
    internal,
    store_unavailable,
    too_many_connections,
    dataplane_unavailable,
    kCount
};

// "ssrc-collision"
std::string_view error_code_text(ErrorCode code);

// Why an operation was refused. Nothing was changed.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string object;  // field ("encodings[1].rid") or object ("t7") that it is about, or empty
    std::string detail;  // what was wrong: found, wanted
    std::string hint;    // what would help, or empty
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> refuse(ErrorCode code, std::string object, std::string detail,
                                     std::string hint = {}) {
    return std::unexpected(Error{code, std::move(object), std::move(detail), std::move(hint)});
}

}  // namespace strata::control
