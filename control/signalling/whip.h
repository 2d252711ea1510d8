#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/api/http_message.h"
#include "control/api/target.h"
#include "control/signalling/access.h"
#include "control/signalling/sessions.h"

namespace strata::control {

// WHIP (RFC 9725) at /whip/ROOM and WHEP (draft-ietf-wish-whep, the client offers) at
// /whep/ROOM?track=ID or ?participant=NAME, &layers=S1T2: POST an offer, PATCH and DELETE what its
// Location names. OPTIONS and CORS for pages. Main thread.
class Whip {
  public:
    struct Options {
        std::vector<std::string> ice_servers;  // URIs that clients are told of
    };
    // All outlive it.
    Whip(Node& node, Sessions& sessions, const Access& access, Options options);

    // Whether the path is one of these.
    static bool owns(std::string_view target);
    void handle(const HttpRequest& request, const HttpRespond& respond);

  private:
    struct Call {
        WebRtcPeer::Kind kind;
        std::string room, session;  // session empty: the endpoint
        Target target;
        const HttpRequest* request;
    };
    HttpResponse options(const Call& call) const;
    HttpResponse not_allowed(const Call& call) const;
    void open(const Call& call, const HttpRespond& respond);
    HttpResponse opened(const Call& call, const Sessions::Opened& opened) const;
    HttpResponse patch(const Call& call);
    void end(const Call& call, const HttpRespond& respond);
    Result<Sessions::Opened> offer(const Call& call);
    HttpResponse shown(HttpResponse response, const std::string& origin) const;

    Node& node_;
    Sessions& sessions_;
    const Access& access_;
    Options options_;
};

}  // namespace strata::control
