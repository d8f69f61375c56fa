import Foundation
import Glibc
import Synchronization

/// A small HTTP server on 127.0.0.1 for tests: one connection, one request, one answer; any number at once.
public final class LoopbackServer: Sendable {
  public struct Request: Sendable {
    public let method: String
    /// As it was sent, with the query.
    public let target: String
    /// Names in lower case.
    public let headers: [String: String]
    public let body: Data
  }

  public enum Answer: Sendable {
    case status(Int, headers: [String: String] = [:], body: Data = Data())
    /// Closes the connection without a word.
    case none
    /// Says nothing until the client has gone.
    case silence
  }

  public let port: UInt16
  private let listener: Int32
  private let handler: @Sendable (Request) -> Answer
  private let seen = Mutex<[Request]>([])

  public struct NoSocket: Error {}

  public init(_ handler: @escaping @Sendable (Request) -> Answer) throws {
    self.handler = handler
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { throw NoSocket() }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    // The thread closes the listener, and no one else: its number may be another's a moment later.
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        guard let self else {
          close(connection)
          break
        }
        Thread.detachNewThread { self.serve(connection) }
      }
      close(listener)
    }
  }

  /// Makes `accept` fail, now or when it is called.
  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  public var url: String { "http://127.0.0.1:\(port)" }

  public var requests: [Request] { seen.withLock { $0 } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    guard let request = Self.read(connection) else { return }
    seen.withLock { $0.append(request) }
    switch handler(request) {
    case .status(let status, let headers, let body):
      Self.send(status, headers, request.method == "HEAD" ? nil : body, length: body.count, to: connection)
    case .none: return
    case .silence:
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
    }
  }

  private static func send(
    _ status: Int, _ headers: [String: String], _ body: Data?, length: Int, to connection: Int32
  ) {
    var text = "HTTP/1.1 \(status) Answer\r\nConnection: close\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if headers["Content-Length"] == nil { text += "Content-Length: \(length)\r\n" }
    var rest = Data((text + "\r\n").utf8) + (body ?? Data())
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }

  /// The request that a client sends over a connection; nil when it leaves before the end of it.
  public static func read(_ connection: Int32) -> Request? {
    var data = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let request = parse(data) { return request }
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      data.append(contentsOf: buffer[..<count])
    }
  }

  /// nil as long as something is missing.
  private static func parse(_ data: Data) -> Request? {
    guard let end = data.range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let start = lines[0].split(separator: " ").map(String.init)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let body = data[end.upperBound...]
    guard start.count == 3, body.count >= Int(headers["content-length"] ?? "0") ?? 0 else { return nil }
    return Request(method: start[0], target: start[1], headers: headers, body: Data(body))
  }
}
