import Foundation
import Synchronization

/// A small HTTP server on 127.0.0.1 for tests: one connection, one request, one answer; any number at once.
final class LoopbackServer: Sendable {
  struct Request: Sendable {
    let method: String
    /// As it was sent, with the query.
    let target: String
    let headers: [String: String]
    let body: Data
  }

  enum Answer: Sendable {
    case status(Int, headers: [String: String] = [:], body: Data = Data())
    /// Closes the connection without a word.
    case none
  }

  let port: UInt16
  private let listener: Int32
  private let handler: @Sendable (Request) -> Answer
  private let seen = Mutex<[Request]>([])

  struct NoSocket: Error {}

  init(_ handler: @escaping @Sendable (Request) -> Answer) throws {
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

  var url: String { "http://127.0.0.1:\(port)" }

  var requests: [Request] { seen.withLock { $0 } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    guard let request = Self.read(connection) else { return }
    seen.withLock { $0.append(request) }
    guard case .status(let status, let headers, let body) = handler(request) else { return }
    var text = "HTTP/1.1 \(status) Answer\r\nConnection: close\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if headers["Content-Length"] == nil { text += "Content-Length: \(body.count)\r\n" }
    let bytes = Data((text + "\r\n").utf8) + (request.method == "HEAD" ? Data() : body)
    _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  private static func read(_ connection: Int32) -> Request? {
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

/// An object store in memory that honours `If-None-Match: *` atomically, and can be told to misbehave.
final class ObjectStoreServer: Sendable {
  /// What goes wrong with the next conditional PUT.
  enum Fault: Sendable {
    case conflict409
    /// The object is stored, and the answer is 500.
    case failsAfterEffect
    /// The object is not stored, and the answer is 500.
    case failsBeforeEffect
    /// The object is stored, and no answer comes.
    case losesAnswer
  }

  private struct State {
    var objects: [String: Data] = [:]
    var faults: [Fault] = []
  }

  private final class Objects: Sendable {
    let state = Mutex(State())
  }

  private let objects: Objects
  private let server: LoopbackServer

  init() throws {
    let objects = Objects()
    self.objects = objects
    server = try LoopbackServer { request in objects.state.withLock { Self.answer(request, &$0) } }
  }

  var environment: [String: String] {
    ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": server.url]
  }

  var requests: [LoopbackServer.Request] { server.requests }

  var keys: [String] { objects.state.withLock { $0.objects.keys.sorted() } }

  func failNext(_ faults: Fault...) { objects.state.withLock { $0.faults += faults } }

  private static func answer(_ request: LoopbackServer.Request, _ state: inout State) -> LoopbackServer.Answer {
    let parts = request.target.split(separator: "?", maxSplits: 1).map(String.init)
    let path = parts[0].removingPercentEncoding ?? parts[0]
    switch request.method {
    case "PUT" where request.headers["if-none-match"] == "*": return create(path, request.body, &state)
    case "PUT":
      state.objects[path] = request.body
      return .status(200)
    case "DELETE":
      state.objects[path] = nil
      return .status(204)
    case "GET" where parts.count > 1: return list(path, parts[1], state)
    default:
      guard let object = state.objects[path] else { return .status(404) }
      return .status(200, headers: ["Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT"], body: object)
    }
  }

  private static func create(_ path: String, _ body: Data, _ state: inout State) -> LoopbackServer.Answer {
    let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
    if case .conflict409 = fault { return .status(409) }
    if case .failsBeforeEffect = fault { return .status(500) }
    guard state.objects[path] == nil else { return .status(412) }
    state.objects[path] = body
    switch fault {
    case .failsAfterEffect: return .status(500)
    case .losesAnswer: return .none
    default: return .status(200)
    }
  }

  /// Two objects a page, so that pages follow each other.
  private static func list(_ bucket: String, _ query: String, _ state: State) -> LoopbackServer.Answer {
    let pairs = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    var values: [String: String] = [:]
    for pair in pairs where pair.count == 2 { values[pair[0]] = pair[1].removingPercentEncoding }
    let start = values["continuation-token"] ?? ""
    let keys = state.objects.keys.map { String($0.dropFirst(bucket.count + 1)) }.sorted()
      .filter { $0.hasPrefix(values["prefix"] ?? "") && $0 > start }
    let page = keys.prefix(2)
    var xml = "<ListBucketResult>"
    for key in page {
      let size = state.objects["\(bucket)/\(key)"]?.count ?? 0
      let encoded = key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key
      xml +=
        "<Contents><Key>\(encoded)</Key><LastModified>2015-10-21T07:28:00.000Z</LastModified>"
        + "<Size>\(size)</Size></Contents>"
    }
    if let last = page.last, keys.count > page.count { xml += "<NextContinuationToken>\(last)</NextContinuationToken>" }
    return .status(200, body: Data((xml + "</ListBucketResult>").utf8))
  }
}
