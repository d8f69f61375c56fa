import Foundation
import LoopbackServer
import Synchronization

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
