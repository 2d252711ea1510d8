#include "control/api/pages.h"

#include <algorithm>

#include "control/api/problem.h"

namespace strata::control {
namespace {

constexpr std::string_view kStart = "index.html";
// Scripts and styles of this node alone; media are made by scripts; no page may frame it.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob: mediastream:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// Name of the file at `path`; empty: none.
std::string_view name_at(std::string_view path) {
    if (path == "/") return kStart;
    if (path.starts_with("/r/"))
        return path.find('/', 3) == path.npos && path.size() > 3 ? kStart : std::string_view();
    if (path.starts_with("/app/") || path.starts_with("/sdk/")) return path.substr(1);
    return {};
}

// If-None-Match (RFC 9110 section 13.1.2): "*", or a list of tags, weak ones alike.
bool known_to_peer(std::string_view if_none_match, std::string_view etag) {
    return if_none_match == "*" || if_none_match.find(etag) != if_none_match.npos;
}

}  // namespace

bool is_page(std::string_view target) {
    const std::string_view path = path_of(target);
    return path == "/" || path.starts_with("/r/") || path.starts_with("/app/") ||
           path.starts_with("/sdk/");
}

HttpResponse page(const HttpRequest& request, std::span<const EmbeddedFile> files) {
    const std::string_view name = name_at(path_of(request.target));
    const auto file = std::ranges::find(files, name, &EmbeddedFile::name);
    if (name.empty() || file == files.end())
        return problem({ErrorCode::not_found, "", "there is no such page", "begin at /"});
    if (request.method != "GET" && request.method != "HEAD") {
        HttpResponse refused =
            problem({ErrorCode::method_not_allowed, "",
                     request.method.substr(0, 16) + " is not allowed here", "allowed: GET, HEAD"});
        refused.headers.emplace_back("Allow", "GET, HEAD");
        return refused;
    }
    const bool known = known_to_peer(request.if_none_match, file->etag);
    HttpResponse response{.status = known ? 304 : 200,
                          .content_type = known ? "" : std::string(file->content_type),
                          .body = known ? "" : std::string(file->bytes),
                          .headers = {}};
    response.headers = {{"Cache-Control", "no-cache"},  // asked for again, by its tag
                        {"ETag", std::string(file->etag)},
                        {"Content-Security-Policy", kPolicy},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"}};
    return response;
}

}  // namespace strata::control
