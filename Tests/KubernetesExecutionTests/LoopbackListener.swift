import Foundation
import LoopbackServer

/// A request as it came.
struct ServedRequest: Sendable {
  let method: String
  let path: String
  let query: [String: String]
  let headers: [String: String]
  let body: Data
}

/// The other side's end of one connection.
final class Reply: Sendable {
  private let connection: Int32

  init(_ connection: Int32) { self.connection = connection }

  /// Sends text; returns false when nobody is there any more.
  @discardableResult
  func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  func answer(_ status: Int, _ body: String, headers: [String: String] = [:], cutTo length: Int? = nil) {
    var head = "HTTP/1.1 \(status) Answer\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    send(head + "\r\n" + (length.map { String(body.prefix($0)) } ?? body))
  }

  /// Begins an answer that goes on until the connection is closed.
  func beginStream() { send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n") }

  /// Whether the other side has closed the connection.
  var isClosed: Bool {
    var byte: UInt8 = 0
    let count = recv(connection, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count == 0 || (count < 0 && errno != EAGAIN)
  }
}

/// Listens on 127.0.0.1: a connection, a request, an answer; any number at once.
final class LoopbackListener: Sendable {
  let port: UInt16
  private let listener: Int32

  struct NoSocket: Error {}

  init(_ handler: @escaping @Sendable (ServedRequest, Reply) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 256) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw NoSocket() }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    // The thread closes the listener, and no one else: its number may be another's a moment later.
    Thread.detachNewThread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        Thread.detachNewThread {
          if let request = Self.read(connection) { handler(request, Reply(connection)) }
          close(connection)
        }
      }
      close(listener)
    }
  }

  /// Makes `accept` fail, now or when it is called.
  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func read(_ connection: Int32) -> ServedRequest? {
    guard let request = LoopbackServer.read(connection) else { return nil }
    let parts = URLComponents(string: request.target)
    let pairs = (parts?.queryItems ?? []).map { ($0.name, $0.value ?? "") }
    return ServedRequest(
      method: request.method, path: parts?.path ?? "", query: Dictionary(pairs) { $1 }, headers: request.headers,
      body: request.body)
  }
}
