#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "control/api/stream.h"
#include "control/api/web_socket.h"
#include "control/room/limits.h"

namespace strata::control {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

bool offers_subprotocol(const UpgradeRequest& request);

// Answers the upgrade and serves the WebSocket until it has ended.
boost::asio::awaitable<void> serve_web_socket(std::shared_ptr<Stream> stream,
                                              const UpgradeRequest& request,
                                              WebSocketAcceptor accept, Limits& limits);

}  // namespace strata::control
