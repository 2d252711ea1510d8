#include "control/signalling/access.h"

#include <algorithm>
#include <cctype>

namespace strata::control {
namespace {

// The token of "Bearer TOKEN" (RFC 6750); empty: none.
std::string_view bearer(std::string_view header) {
    constexpr std::string_view kScheme = "bearer ";
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
    if (header.size() <= kScheme.size() ||
        !std::ranges::equal(header.substr(0, kScheme.size()), kScheme, same))
        return {};
    header.remove_prefix(kScheme.size());
    while (header.starts_with(' ')) header.remove_prefix(1);
    return header;
}

// "http://localhost:8000" and the like: a page that this machine serves.
bool loopback_origin(std::string_view origin) {
    const std::size_t scheme = origin.find("://");
    if (scheme == origin.npos) return false;
    std::string_view host = origin.substr(scheme + 3);
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
    host = host.substr(0, host.find(':'));
    return host == "localhost" || host == "127.0.0.1";
}

}  // namespace

Access::Access(const api::AuthConfig& auth, std::optional<TokenKey> key,
               std::function<std::int64_t()> now_s)
    : auth_(auth), key_(std::move(key)), now_s_(std::move(now_s)) {}

Result<Access> Access::load(const api::AuthConfig& auth, std::function<std::int64_t()> now_s) {
    if (auth.key_file.empty()) return Access(auth, std::nullopt, std::move(now_s));
    auto key = load_token_key(auth, auth.key_file);
    if (!key) return std::unexpected(key.error());
    return Access(auth, *std::move(key), std::move(now_s));
}

Result<void> Access::check_local(HttpRequest::Peer peer, std::string_view origin) {
    if (!origin.empty() && !loopback_origin(origin))
        return refuse(ErrorCode::forbidden, "Origin",
                      "without a key only pages of this machine may come in", "set auth.key_file");
    if (peer == HttpRequest::Peer::loopback) return {};
    return refuse(ErrorCode::forbidden, "", "without a key only this machine may come in",
                  "set auth.key_file");
}

Result<MemberRights> Access::rights(const Entry& entry) const {
    constexpr MemberRights kAll{.publish = true, .subscribe = true, .admin = true};
    const bool operators = entry.peer == HttpRequest::Peer::unix_socket;
    if (operators && (!key_ || entry.token.empty())) return kAll;
    if (!key_) {
        if (auto ok = check_local(entry.peer, entry.origin); !ok)
            return std::unexpected(ok.error());
        return kAll;
    }
    if (entry.token.empty())
        return refuse(ErrorCode::unauthorized, "token", "a token is needed",
                      "strata token create makes one");
    const auto claims = verify_token(entry.token, *key_, auth_, now_s_());
    if (!claims) return std::unexpected(claims.error());
    const auto may = [&](Right right) { return claims->allows(right, entry.room); };
    if (may(Right::admin)) return kAll;
    const MemberRights some{.publish = may(Right::publish), .subscribe = may(Right::subscribe)};
    if (some.publish || some.subscribe) return some;
    return refuse(ErrorCode::forbidden, "token",
                  "the token doesn't give the right to join room '" +
                      std::string(entry.room.substr(0, 64)) + "'");
}

Result<void> Access::check(const HttpRequest& request, Right right, std::string_view room) const {
    if (request.peer == HttpRequest::Peer::unix_socket) return {};
    if (!key_) return check_local(request.peer, request.origin);
    const std::string_view token = bearer(request.authorization);
    if (token.empty())
        return refuse(ErrorCode::unauthorized, "Authorization", "a token is needed",
                      "Authorization: Bearer TOKEN; strata token create makes one");
    const auto claims = verify_token(token, *key_, auth_, now_s_());
    if (!claims) return std::unexpected(claims.error());
    if (claims->allows(right, room)) return {};
    return refuse(ErrorCode::forbidden, "Authorization",
                  "the token doesn't give the right to " + std::string(right_text(right)) +
                      " in room '" + std::string(room.substr(0, 64)) + "'");
}

std::string Access::allowed_origin(std::string_view origin) const {
    if (origin.empty()) return {};
    if (key_) return "*";  // tokens aren't sent by browsers on their own
    return loopback_origin(origin) ? std::string(origin) : std::string();
}

}  // namespace strata::control
