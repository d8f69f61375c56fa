import Foundation
import Glibc

/// Answers Prometheus: `GET /metrics`, one connection after another. Why no HTTP library: `docs/decisions/`.
final class MetricsServer: @unchecked Sendable {
  // Sendable: all that changes is the listening socket's state, which the system guards.

  /// The port it listens on, also when any free one was asked for.
  let port: UInt16
  private let listener: Int32
  private let page: @Sendable () -> String
  private let ended = DispatchSemaphore(value: 0)

  private static let longestRequest = 8 << 10
  /// A client that says nothing for so long is let go.
  private static let patience = timeval(tv_sec: 2, tv_usec: 0)

  /// Listens on all addresses of the machine; port 0 stands for any free one.
  init(port: UInt16, page: @escaping @Sendable () -> String) throws(WorkerError) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0, let bound = Self.bind(listener, port), listen(listener, 16) == 0 else {
      let reason = String(cString: strerror(errno))
      if listener >= 0 { Glibc.close(listener) }
      throw .usage(
        "--metrics-port \(port) cannot be listened on: \(reason)",
        hint: "name another port, or 0 for any free one")
    }
    self.listener = listener
    self.port = bound
    self.page = page
    let thread = Thread { [self] in serve() }
    thread.name = "metrics"
    thread.start()
  }

  /// Stops listening, and waits for the answer that is being given.
  func close() {
    shutdown(listener, Int32(SHUT_RDWR))
    ended.wait()
    Glibc.close(listener)
  }

  private static func bind(_ socket: Int32, _ port: UInt16) -> UInt16? {
    var one: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutableBytes(of: &address) { bytes -> UInt16? in
      let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
      guard Glibc.bind(socket, pointer, size) == 0, getsockname(socket, pointer, &size) == 0
      else { return nil }
      return UInt16(bigEndian: bytes.assumingMemoryBound(to: sockaddr_in.self)[0].sin_port)
    }
  }

  private func serve() {
    while true {
      let client = accept(listener, nil, nil)
      if client < 0 {
        if errno == EINTR || errno == ECONNABORTED { continue }
        break
      }
      answer(client)
      Glibc.close(client)
    }
    ended.signal()
  }

  private func answer(_ client: Int32) {
    var patience = Self.patience
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    guard let request = Self.request(from: client) else { return }
    var left = Array(Self.response(to: request, page).utf8)[...]
    while !left.isEmpty {
      let sent = left.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return }
      left = left.dropFirst(sent)
    }
  }

  /// What a client sent, up to the empty line after its headers.
  private static func request(from client: Int32) -> String? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 2048)
    while bytes.count < longestRequest {
      let count = recv(client, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      let text = String(decoding: bytes, as: UTF8.self)
      if text.contains("\r\n\r\n") || text.contains("\n\n") { return text }
    }
    return nil
  }

  /// The whole answer to a request.
  static func response(to request: String, _ page: () -> String) -> String {
    let words = request.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ")
    let path = words.dropFirst().first?.prefix { $0 != "?" }
    switch (words.first, path) {
    case ("GET", "/metrics"): return response("200 OK", page())
    case ("GET", _): return response("404 Not Found", "the figures are at /metrics\n")
    default: return response("405 Method Not Allowed", "only GET\n", "Allow: GET\r\n")
    }
  }

  private static func response(_ status: String, _ body: String, _ header: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\(header)"
      + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
  }
}
