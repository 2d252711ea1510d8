#include "dataplane/appliance.h"
#include "dataplane/tcp/descriptor_handover.h"

// Peers that come by TCP.
namespace strata::dataplane {

void Appliance::open_tcp_port() {
    auto port = std::make_unique<TcpPort>(port_config(), config_.limits.tcp_connections);
    tcp_port_ = port.get();
    ports_.push_back(std::move(port));
}

// Last of all: whoever comes finds everything there.
Appliance::Started Appliance::start_tcp() {
    if (tcp_port_ == nullptr) return {};
    const api::LimitsConfig& limits = config_.limits;
    TcpServerConfig server;
    for (const api::TcpListen& at : config_.dataplane.tcp_listen)
        server.listen.push_back(
            {IpAddress::parse(at.address).value(), static_cast<std::uint16_t>(at.port)});
    server.handover = handover_path(config_.control.dataplane_socket);
    server.connections_per_address = limits.tcp_connections_per_address;
    server.undecided = limits.tcp_undecided;
    server.accepts_per_s = limits.tcp_accepts_per_s;
    server.undecided_bytes = limits.tcp_undecided_bytes;
    server.undecided_us = relay::TimeUs{limits.tcp_undecided_ms} * 1000;
    server.queue = {.bytes = limits.tcp_queue_bytes,
                    .wait_us = relay::TimeUs{limits.tcp_queue_ms} * 1000};
    server.unsent_bytes = config_.dataplane.tcp_unsent_bytes;
    tcp_server_ = std::make_unique<TcpServer>(server, *tcp_port_, pools_, sessions_,
                                              statistics_->header().tcp);
    if (auto started = tcp_server_->start(); !started)
        return std::unexpected(StartError{"dataplane.tcp_listen: " + started.error()});
    note_time("tcp");
    return {};
}

}  // namespace strata::dataplane
