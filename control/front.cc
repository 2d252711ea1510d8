#include "control/front.h"

#include <spdlog/spdlog.h>

#include "control/api/pages.h"
#include "control/api/problem.h"
#include "control/api/tls_identity.h"

namespace strata::control {
namespace {

// Beside the database, where control may write.
std::string self_signed_file(const std::string& database) {
    return database.substr(0, database.rfind('/') + 1) + "https.pem";
}

}  // namespace

Front::Front(boost::asio::io_context& loop, Node& node, Api& api, Signalling& signalling)
    : node_(node),
      api_(api),
      signalling_(signalling),
      server_(
          loop,
          {.unix_path = node.config().control.api_socket,
           .unix_mode = node.config().control.api_socket_mode,
           .tcp = node.config().control.api_tcp,
           .https = node.config().control.https},
          node.limits(),
          [this](const HttpRequest& request, const HttpRespond& respond) {
              handle(request, respond);
          },
          [this](const HttpRequest& request) { return signalling_.upgrade(request); }),
      handed_over_(loop, node.config().control.dataplane_socket + ".accept",
                   node.config().control.reconnect_ms,
                   [this](int descriptor) { server_.take(descriptor); }) {
    node.front_counters = [this] { return counters(); };
}

void Front::handle(const HttpRequest& request, const HttpRespond& respond) {
    if (Signalling::owns(request.target)) return signalling_.handle(request, respond);
    if (is_page(request.target)) return respond(page(request, embedded_files()));
    if (const auto ok = signalling_.may_administer(request); !ok) {
        HttpResponse refused = problem(ok.error());
        if (refused.status == 401) refused.headers.emplace_back("WWW-Authenticate", "Bearer");
        return respond(std::move(refused));
    }
    api_.handle(request, respond);
}

Result<void> Front::show_certificate() {
    const api::ControlConfig& config = node_.config().control;
    const auto identity = load_tls_identity({.certificate = config.https_certificate,
                                             .key = config.https_key,
                                             .self_signed = self_signed_file(config.database),
                                             .name = node_.config().node.name});
    if (!identity) return std::unexpected(identity.error());
    spdlog::info("https: {} certificate, SHA-256 fingerprint {}",
                 identity->self_signed ? "self-signed" : config.https_certificate,
                 identity->fingerprint);
    return server_.use(*identity);
}

Result<void> Front::start() {
    if (const auto ok = show_certificate(); !ok) {
        if (!node_.config().control.https.empty()) return ok;
        spdlog::warn("https: {}: {}; TLS connections are refused", ok.error().object,
                     ok.error().detail);
    }
    if (auto ok = server_.start(); !ok) return ok;
    handed_over_.start();
    return {};
}

void Front::stop() {
    handed_over_.stop();
    server_.stop();
}

Node::NamedCounters Front::counters() const {
    const HttpServer::Counters c = server_.counters();
    return {{"tls_failures", c.tls_failures},
            {"handed_over", c.handed_over},
            {"handed_over_refused", handed_over_.refused()}};
}

}  // namespace strata::control
