#include "control/signalling/whip.h"

#include <algorithm>
#include <cctype>

#include "control/api/problem.h"

namespace strata::control {
namespace {

constexpr std::string_view kSdp = "application/sdp";
constexpr std::string_view kFragment = "application/trickle-ice-sdpfrag";

bool is_type(std::string_view content_type, std::string_view wanted) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    return std::ranges::equal(
        type, wanted, [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

HttpResponse wrong_type(std::string_view wanted) {
    return problem({ErrorCode::unsupported_media_type, "Content-Type",
                    "the body has another type than is understood here",
                    "Content-Type: " + std::string(wanted)});
}

HttpResponse empty(int status) {
    return {.status = status, .content_type = "", .body = "", .headers = {}};
}

std::string_view endpoint_text(WebRtcPeer::Kind kind) {
    return kind == WebRtcPeer::Kind::publisher ? "/whip/" : "/whep/";
}

}  // namespace

Whip::Whip(Node& node, Sessions& sessions, const Access& access, Options options)
    : node_(node), sessions_(sessions), access_(access), options_(std::move(options)) {}

bool Whip::owns(std::string_view target) {
    return target.starts_with("/whip/") || target.starts_with("/whep/");
}

void Whip::handle(const HttpRequest& request, const HttpRespond& respond) {
    const auto finish = [this, origin = request.origin, respond](HttpResponse response) {
        respond(shown(std::move(response), origin));
    };
    auto target = parse_target(request.target);
    if (!target) return finish(problem(target.error()));
    const std::size_t parts = target->path.size();
    if (parts < 2 || parts > 3 || target->path[1].empty())
        return finish(problem({ErrorCode::not_found, "", "there is nothing at this path",
                               "/whip/ROOM or /whep/ROOM"}));
    Call call{
        .kind = target->path[0] == "whip" ? WebRtcPeer::Kind::publisher : WebRtcPeer::Kind::viewer,
        .room = target->path[1],
        .session = parts == 3 ? target->path[2] : std::string(),
        .target = *std::move(target),
        .request = &request};
    if (request.method == "OPTIONS") return finish(options(call));
    const Right right =
        call.kind == WebRtcPeer::Kind::publisher ? Right::publish : Right::subscribe;
    if (const auto ok = access_.check(request, right, call.room); !ok) {
        HttpResponse response = problem(ok.error());
        if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
        return finish(std::move(response));
    }
    if (call.session.empty() && request.method == "POST") return open(call, finish);
    if (!call.session.empty() && request.method == "PATCH") return finish(patch(call));
    if (!call.session.empty() && request.method == "DELETE") return end(call, finish);
    finish(not_allowed(call));
}

// RFC 9725 section 4.2: what may be done with it, and with which types.
HttpResponse Whip::options(const Call& call) const {
    HttpResponse response = empty(204);
    const char* methods = call.session.empty() ? "POST, OPTIONS" : "PATCH, DELETE, OPTIONS";
    response.headers.emplace_back("Allow", methods);
    response.headers.emplace_back("Access-Control-Allow-Methods", methods);
    response.headers.emplace_back("Access-Control-Allow-Headers",
                                  "Authorization, Content-Type, If-Match");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
    if (call.session.empty())
        response.headers.emplace_back("Accept-Post", std::string(kSdp));
    else
        response.headers.emplace_back("Accept-Patch", std::string(kFragment));
    return response;
}

HttpResponse Whip::not_allowed(const Call& call) const {
    const std::string allowed = call.session.empty() ? "POST, OPTIONS" : "PATCH, DELETE, OPTIONS";
    HttpResponse response = problem({ErrorCode::method_not_allowed, "",
                                     call.request->method.substr(0, 16) + " is not allowed here",
                                     "allowed: " + allowed});
    response.headers.emplace_back("Allow", allowed);
    return response;
}

Result<Sessions::Opened> Whip::offer(const Call& call) {
    const std::string& body = call.request->body;
    if (call.kind == WebRtcPeer::Kind::publisher) {
        if (auto ok = check_query(call.target, {}); !ok) return std::unexpected(ok.error());
        return sessions_.publish(call.room, body);
    }
    if (auto ok = check_query(call.target, {"track", "participant", "layers"}); !ok)
        return std::unexpected(ok.error());
    Sessions::Wish wish{.track = call.target.parameter("track"),
                        .participant = call.target.parameter("participant")};
    if (call.target.query.contains("layers")) wish.layers = call.target.parameter("layers");
    return sessions_.view(call.room, body, wish);
}

void Whip::open(const Call& call, const HttpRespond& respond) {
    if (!is_type(call.request->content_type, kSdp)) return respond(wrong_type(kSdp));
    const auto opened_session = offer(call);
    if (!opened_session) return respond(problem(opened_session.error()));
    // The peer's first check shall find its transport.
    node_.when_settled(opened_session->change,
                       [respond, response = opened(call, *opened_session)] { respond(response); });
}

HttpResponse Whip::opened(const Call& call, const Sessions::Opened& session) const {
    HttpResponse response{
        .status = 201, .content_type = std::string(kSdp), .body = session.answer, .headers = {}};
    response.headers.emplace_back(
        "Location", std::string(endpoint_text(call.kind)) + call.room + "/" + session.session);
    response.headers.emplace_back("ETag", session.etag);
    response.headers.emplace_back("Accept-Patch", std::string(kFragment));
    std::string links;
    for (const std::string& server : options_.ice_servers)
        links += (links.empty() ? "<" : ", <") + server + ">; rel=\"ice-server\"";
    if (!links.empty()) response.headers.emplace_back("Link", links);
    return response;
}

HttpResponse Whip::patch(const Call& call) {
    const HttpRequest& request = *call.request;
    if (!is_type(request.content_type, kFragment)) return wrong_type(kFragment);
    const auto done =
        sessions_.patch(call.kind, call.room, call.session, request.if_match, request.body);
    if (!done) return problem(done.error());
    if (done->fragment.empty()) return empty(204);
    HttpResponse response{.status = 200,
                          .content_type = std::string(kFragment),
                          .body = done->fragment,
                          .headers = {}};
    response.headers.emplace_back("ETag", done->etag);
    return response;
}

void Whip::end(const Call& call, const HttpRespond& respond) {
    const auto done = sessions_.end(call.kind, call.room, call.session);
    if (!done) return respond(problem(done.error()));
    node_.when_settled(*done, [respond] { respond(empty(200)); });
}

HttpResponse Whip::shown(HttpResponse response, const std::string& origin) const {
    const std::string allowed = access_.allowed_origin(origin);
    if (allowed.empty()) return response;
    response.headers.emplace_back("Access-Control-Allow-Origin", allowed);
    response.headers.emplace_back("Access-Control-Expose-Headers",
                                  "Location, ETag, Link, Accept-Patch, Accept-Post");
    if (allowed != "*") response.headers.emplace_back("Vary", "Origin");
    return response;
}

}  // namespace strata::control
