#include "control/api/problem.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace strata::control {
namespace {

struct Kind {
    int status;
    std::string_view title;
};

// In the order of ErrorCode.
constexpr std::array<Kind, static_cast<std::size_t>(ErrorCode::kCount)> kKinds = {{
    {400, "The body is not valid JSON"},
    {400, "A field is not known"},
    {400, "A field is missing"},
    {400, "A field has a value that can't be"},
    {400, "These layers don't exist"},
    {400, "A query parameter is wrong"},
    {400, "The request can't be understood"},
    {400, "The session description can't be understood"},
    {401, "A token is needed"},
    {403, "The token doesn't allow it"},
    {403, "The host is not allowed"},
    {404, "It does not exist"},
    {405, "The method is not allowed here"},
    {406, "Nothing of what is offered can be used"},
    {408, "The request took too long"},
    {409, "It exists already"},
    {409, "The SSRC is in use"},
    {409, "The room lives on another worker"},
    {409, "The track is in another room"},
    {409, "The track is the participant's own"},
    {409, "There is such a subscription"},
    {412, "The session has changed"},
    {413, "The body is too large"},
    {415, "The body has the wrong type"},
    {422, "A limit is reached"},
    {428, "The request must say which state it is about"},
    {431, "The header is too large"},
    {500, "Something is wrong inside"},
    {503, "The store is not available"},
    {503, "Too many connections"},
    {503, "The data plane is not available"},
}};

const Kind& kind_of(ErrorCode code) { return kKinds.at(static_cast<std::size_t>(code)); }

}  // namespace

int http_status(ErrorCode code) { return kind_of(code).status; }

HttpResponse problem(const Error& error) {
    const Kind& kind = kind_of(error.code);
    const std::string code(error_code_text(error.code));
    nlohmann::ordered_json body = {{"type", "urn:strata:problem:" + code},
                                   {"title", kind.title},
                                   {"status", kind.status},
                                   {"code", code},
                                   {"detail", error.detail}};
    if (!error.hint.empty()) body["hint"] = error.hint;
    if (!error.object.empty()) body["object"] = error.object;
    // Detail and object may quote the request: whatever isn't UTF-8 is replaced.
    return {.status = kind.status,
            .content_type = "application/problem+json",
            .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
            .headers = {}};
}

}  // namespace strata::control
