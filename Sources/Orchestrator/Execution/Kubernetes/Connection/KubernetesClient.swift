import Foundation
import HTTP
import WorkflowCore

/// A kind of object, by where the API has it.
public struct ResourceKind: Hashable, Sendable {
  /// `/api/v1`, `/apis/batch/v1`.
  public var prefix: String
  public var plural: String
  public var isNamespaced = true

  public init(prefix: String, plural: String, isNamespaced: Bool = true) {
    self.prefix = prefix
    self.plural = plural
    self.isNamespaced = isNamespaced
  }

  public static let pods = ResourceKind(prefix: "/api/v1", plural: "pods")
  public static let configMaps = ResourceKind(prefix: "/api/v1", plural: "configmaps")
  public static let secrets = ResourceKind(prefix: "/api/v1", plural: "secrets")
  public static let nodes = ResourceKind(prefix: "/api/v1", plural: "nodes", isNamespaced: false)
  public static let claims = ResourceKind(prefix: "/api/v1", plural: "persistentvolumeclaims")

  func path(in namespace: String, _ name: String? = nil, _ subresource: String? = nil) -> String {
    let place = isNamespaced ? "\(prefix)/namespaces/\(encoded(namespace))" : prefix
    return ([place, plural] + [name, subresource].compactMap { $0.map(encoded) }).joined(separator: "/")
  }
}

/// Text as one part of a URL's path or query.
func encoded(_ text: String) -> String {
  let kept = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
  return text.addingPercentEncoding(withAllowedCharacters: kept) ?? text
}

/// The Kubernetes API over HTTP. It repeats nothing by itself, but for a request whose token had run out.
public final class KubernetesClient: Sendable {
  public let access: ClusterAccess
  private let http: HTTPClient

  public init(_ access: ClusterAccess) {
    self.access = access
    http = HTTPClient(tls: access.tls)
  }

  // MARK: Objects

  public func get(_ kind: ResourceKind, _ name: String, in namespace: String) async throws(KubernetesError) -> Value {
    try await send(.get, kind.path(in: namespace, name))
  }

  public func create(_ kind: ResourceKind, _ object: Value, in namespace: String) async throws(KubernetesError) -> Value
  {
    try await send(.post, kind.path(in: namespace), body: object)
  }

  /// All objects with these labels, and the version of the list.
  public func list(
    _ kind: ResourceKind, in namespace: String, labels: String
  ) async throws(KubernetesError) -> (objects: [Value], version: String) {
    var objects: [Value] = []
    var next: String?
    while true {
      let page = try await send(
        .get, kind.path(in: namespace), query: ["labelSelector": labels, "limit": "500", "continue": next])
      objects += page["items"]?.arrayValue ?? []
      next = page[["metadata", "continue"]]?.stringValue
      if next ?? "" == "" { return (objects, page[["metadata", "resourceVersion"]]?.stringValue ?? "") }
    }
  }

  public enum PatchType: String, Sendable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategic = "application/strategic-merge-patch+json"
  }

  public func patch(
    _ kind: ResourceKind, _ name: String, in namespace: String, _ patch: Value, as type: PatchType
  ) async throws(KubernetesError) -> Value {
    try await send(.patch, kind.path(in: namespace, name), body: patch, type: type.rawValue)
  }

  /// - Parameters:
  ///   - uid: only this object, not a later one of its name.
  ///   - grace: seconds between the polite and the forced end; nil is the object's own.
  public func delete(
    _ kind: ResourceKind, _ name: String, in namespace: String, uid: String? = nil, grace: Int64? = nil
  ) async throws(KubernetesError) {
    let options = Value.record([
      "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": grace.map { .int($0) },
      "preconditions": uid.map { .record(["uid": .string($0)]) },
    ])
    _ = try await send(.delete, kind.path(in: namespace, name), body: options)
  }

  // MARK: Requests

  func send(
    _ method: HTTPRequest.Method, _ path: String, query: KeyValuePairs<String, String?> = [:], body: Value? = nil,
    type: String = "application/json"
  ) async throws(KubernetesError) -> Value {
    let target = self.target(path, query)
    let response = try await sendAuthorized { (token) in
      var headers: [(name: String, value: String)] = [("Accept", "application/json")]
      if body != nil { headers.append(("Content-Type", type)) }
      if let token { headers.append(("Authorization", "Bearer \(token)")) }
      return HTTPRequest(method, target, headers: headers, body: body.map { Data($0.jsonText().utf8) })
    }
    let request = "\(method.rawValue) \(path)"
    guard response.isSuccess else {
      throw KubernetesError(status: response.status, headers: response.headers, body: response.body, request: request)
    }
    do {
      return try Value(json: String(decoding: response.body, as: UTF8.self))
    } catch {
      throw .unavailable("\(request): the answer is cut off: \(error)", retryAfter: nil, mayHaveHadEffect: true)
    }
  }

  private func target(_ path: String, _ query: KeyValuePairs<String, String?>) -> String {
    let pairs = query.compactMap { name, value in value.map { "\(name)=\(encoded($0))" } }
    return access.server + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
  }

  private func sendAuthorized(
    _ request: (String?) -> HTTPRequest
  ) async throws(KubernetesError) -> HTTPResponse {
    let response = try await transfer(request(try access.credential.token()))
    guard response.status == 401, access.credential.isRenewable else { return response }
    return try await transfer(request(try access.credential.token(fresh: true)))
  }

  private func transfer(_ request: HTTPRequest) async throws(KubernetesError) -> HTTPResponse {
    do {
      return try await http.send(request)
    } catch let error as HTTPError {
      throw KubernetesError(error)
    } catch {
      throw .unavailable("\(error)", retryAfter: nil, mayHaveHadEffect: true)
    }
  }

  // MARK: Streams

  /// The bytes of an answer that goes on. The stream throws `KubernetesError`, and ends the exchange when it is dropped.
  ///
  /// - Parameter limit: when to take the silence of a server for its end.
  func stream(
    _ path: String, query: KeyValuePairs<String, String?>, limit: Duration?
  ) -> AsyncThrowingStream<[UInt8], any Error> {
    let target = self.target(path, query)
    return AsyncThrowingStream { continuation in
      let exchange = StreamedExchange(continuation)
      continuation.onTermination = { _ in exchange.cancel() }
      // A thread of its own: it blocks for as long as the stream lasts.
      Thread.detachNewThread { [access, http] in
        exchange.finish {
          var request = HTTPRequest(.get, target, headers: [("Accept", "application/json, */*")])
          if let token = try access.credential.token() { request.headers.append(("Authorization", "Bearer \(token)")) }
          request.limits.total = limit
          let response = try http.send(request, isCancelled: { exchange.isCancelled }, receive: exchange.receive)
          return (response, "GET \(path)")
        }
      }
    }
  }
}

/// An exchange whose body is handed on as it comes.
private final class StreamedExchange: Sendable {
  private let continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation
  private let cancelled = CancellationMark()

  init(_ continuation: AsyncThrowingStream<[UInt8], any Error>.Continuation) { self.continuation = continuation }

  var isCancelled: Bool { cancelled.isSet }
  func cancel() { cancelled.set() }

  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    continuation.yield(Array(bytes))
    return !cancelled.isSet
  }

  func finish(_ body: () throws -> (response: HTTPResponse, request: String)) {
    do {
      let (response, request) = try body()
      guard response.isSuccess else {
        throw KubernetesError(
          status: response.status, headers: response.headers, body: response.body, request: request)
      }
      continuation.finish()
    } catch let error as HTTPError {
      continuation.finish(throwing: KubernetesError(error))
    } catch {
      continuation.finish(throwing: error)
    }
  }
}
