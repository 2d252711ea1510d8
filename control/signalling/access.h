#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "control/api/http_message.h"
#include "control/room/member.h"
#include "control/signalling/token.h"

namespace strata::control {

// Who may come in. With a key in [auth] every peer shows a token; without one this machine's own
// programs and pages may do everything and nobody else anything, which is said at start. The Unix
// socket belongs to the operator.
class Access {
  public:
    // The key file is read here.
    static Result<Access> load(const api::AuthConfig& auth, std::function<std::int64_t()> now_s);

    bool open() const { return !key_; }
    // unauthorized: no token, or one that isn't valid; forbidden: it doesn't say so.
    Result<void> check(const HttpRequest& request, Right right, std::string_view room) const;
    // Who wants to join a meeting, with a token in a message in place of a header.
    struct Entry {
        HttpRequest::Peer peer;
        std::string_view origin, token, room;
    };
    // What the token gives in the room; everything, where none is needed. Refused as `check` is.
    Result<MemberRights> rights(const Entry& entry) const;
    // What pages of `origin` may be told; empty: nothing (CORS).
    std::string allowed_origin(std::string_view origin) const;

  private:
    // Without a key.
    static Result<void> check_local(HttpRequest::Peer peer, std::string_view origin);
    Access(const api::AuthConfig& auth, std::optional<TokenKey> key,
           std::function<std::int64_t()> now_s);
    api::AuthConfig auth_;
    std::optional<TokenKey> key_;
    std::function<std::int64_t()> now_s_;
};

}  // namespace strata::control
