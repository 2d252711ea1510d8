#include "control/meeting/meetings.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "control/api/target.h"

// Connections: from the upgrade to the end.
namespace strata::control {

using namespace meeting;

Meetings::Meetings(Environment environment)
    : node_(*environment.node),
      legs_(*environment.legs),
      peers_(*environment.peers),
      access_(*environment.access),
      live_(std::move(environment.live)),
      ice_servers_(std::move(environment.ice_servers)),
      now_(std::move(environment.now)),
      after_(std::move(environment.after)) {
    node_.watcher.rooms = [this](const std::set<std::string>& rooms) { on_rooms(rooms); };
    // Who was here before this program came back.
    for (const auto& [id, member] : node_.directory().members()) await_return(id);
}

Result<WebSocketAcceptor> Meetings::upgrade(const HttpRequest& request) {
    auto target = parse_target(request.target);
    if (!target) return std::unexpected(target.error());
    if (target->path.size() != 2 || target->path[0] != "meet" || target->path[1].empty())
        return refuse(ErrorCode::not_found, "", "there is nothing at this path", "/meet/ROOM");
    auto guest = std::make_shared<Guest>();
    guest->room = target->path[1];
    guest->peer = request.peer;
    guest->origin = request.origin;
    return [this, guest](WebSocketPtr socket) {
        guest->socket = std::move(socket);
        return accept(guest);
    };
}

WebSocket::Events Meetings::accept(GuestPtr guest) {
    guests_.insert(guest);
    guest->tokens = 2.0 * static_cast<double>(node_.limits().value(Limit::meeting_messages_per_s));
    guest->tokens_at = now_();
    after_(std::chrono::seconds(node_.limits().value(Limit::meeting_join_s)),
           [this, weak = std::weak_ptr(guest)] {
               const GuestPtr there = weak.lock();
               if (!there || there->closing || there->member) return;
               node_.limits().count_hit(Limit::meeting_join_s);
               close(there, CloseCode::policy, "limit-reached",
                     "no join within limits.meeting_join_s");
           });
    return {.message = [this, guest](std::string_view text) { receive(guest, text); },
            .closed = [this, guest] { gone(guest); }};
}

bool Meetings::admit(Guest& guest) {
    const auto rate = static_cast<double>(node_.limits().value(Limit::meeting_messages_per_s));
    const auto now = now_();
    guest.tokens += rate * std::chrono::duration<double>(now - guest.tokens_at).count();
    guest.tokens = std::min(guest.tokens, 2.0 * rate);
    guest.tokens_at = now;
    if (guest.tokens >= rate) guest.refused = 0;
    if (guest.tokens < 1.0) return false;
    guest.tokens -= 1.0;
    return true;
}

void Meetings::receive(const GuestPtr& guest, std::string_view text) {
    if (guest->closing) return;
    if (!admit(*guest)) {
        node_.limits().count_hit(Limit::meeting_messages_per_s);
        if (++guest->refused > node_.limits().value(Limit::meeting_messages_per_s))
            return close(guest, CloseCode::policy, "limit-reached",
                         "too many messages (limits.meeting_messages_per_s)");
        const Incoming message = read_message(text);
        return guest->socket->send(
            error_text(message.id, {ErrorCode::limit_reached, "", "too many messages in a second",
                                    "wait a little (limits.meeting_messages_per_s)"}));
    }
    const Incoming message = read_message(text);
    Result<void> done;
    if (!message.request) {
        done = std::unexpected(message.request.error());
    } else if (!guest->member && !std::holds_alternative<Join>(*message.request)) {
        done = refuse(ErrorCode::bad_request, "type", "nobody has joined on this connection",
                      "join first");
    } else {
        done = std::visit([&](const auto& request) { return handle(guest, message.id, request); },
                          *message.request);
    }
    if (done) return;
    ++refused_;
    guest->socket->send(error_text(message.id, done.error()));
}

void Meetings::close(const GuestPtr& guest, CloseCode code, std::string_view why,
                     std::string_view detail) {
    if (std::exchange(guest->closing, true)) return;
    guest->socket->send(closing_text(why, detail));
    guest->socket->close(code, why);
}

void Meetings::gone(const GuestPtr& guest) {
    guest->closing = true;
    guests_.erase(guest);
    const auto room = rooms_.find(guest->room);
    if (room != rooms_.end()) {
        room->second.guests.erase(guest);
        if (room->second.guests.empty()) rooms_.erase(room);
    }
    if (rooms_.empty()) left_because_.clear();
    if (!guest->member) return;
    const auto found = present_.find(*guest->member);
    if (found == present_.end() || found->second != guest) return;  // somebody resumed it
    present_.erase(found);
    await_return(*guest->member);
}

// For those who will be told.
void Meetings::remember_why(const std::string& room, const std::string& member,
                            const char* reason) {
    if (rooms_.contains(room)) left_because_[member] = reason;
}

void Meetings::await_return(MemberId id) {
    if (!node_.directory().members().contains(id)) return;
    const std::uint64_t absence = ++absences_[id];
    after_(std::chrono::seconds(node_.limits().value(Limit::meeting_resume_s)),
           [this, id, absence] {
               const auto counted = absences_.find(id);
               if (counted == absences_.end() || counted->second != absence) return;
               absences_.erase(counted);
               node_.limits().count_hit(Limit::meeting_resume_s);
               ++lost_;
               const auto member = node_.directory().members().find(id);
               if (member == node_.directory().members().end()) return;
               remember_why(member->second.room, id_text(id), "lost");
               spdlog::info("member {} hasn't come back", id_text(id));
               node_.carry_out(node_.directory().plan_remove(id));
           });
}

bool Meetings::drain() {
    const std::set<GuestPtr> all = guests_;
    for (const GuestPtr& guest : all)
        close(guest, CloseCode::going_away, "draining", "the relay is being stopped");
    return !all.empty();
}

Node::NamedCounters Meetings::counters() const {
    return {{"meeting_members", present_.size()},
            {"meeting_joined", joined_},
            {"meeting_resumed", resumed_},
            {"meeting_lost", lost_},
            {"meeting_refused", refused_}};
}

}  // namespace strata::control
