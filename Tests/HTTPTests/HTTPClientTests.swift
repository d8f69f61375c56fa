import Foundation
import LoopbackServer
import Synchronization
import Testing

@testable import HTTP

@Suite struct HTTPClientTests {
  private let client = HTTPClient()

  private static func failure(_ send: () async throws -> HTTPResponse) async throws -> HTTPError {
    try await #require(throws: HTTPError.self) { try await send() }
  }

  @Test("a request arrives with its method, headers and body, and the answer comes back whatever its status")
  func exchange() throws {
    let server = try LoopbackServer { request in
      .status(request.method == "PATCH" ? 418 : 500, headers: ["X-Answer": "yes"], body: request.body + Data("!".utf8))
    }
    let request = HTTPRequest(.patch, server.url + "/a?b=c", headers: [("X-Ask", "1")], body: Data("body".utf8))
    let response = try client.send(request)
    #expect(response.status == 418 && !response.isSuccess)
    #expect(response.headers["x-answer"] == "yes" && response.body == Data("body!".utf8))
    let seen = try #require(server.requests.first)
    #expect(seen.target == "/a?b=c" && seen.headers["x-ask"] == "1" && seen.body == Data("body".utf8))
  }

  @Test("a body goes to its receiver in pieces, all of it and in order")
  func receiver() throws {
    let body = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let server = try LoopbackServer { _ in .status(200, body: body) }
    var received = Data()
    var pieces = 0
    let receive = { (bytes: UnsafeRawBufferPointer) in
      received.append(contentsOf: bytes)
      pieces += 1
      return true
    }
    let response = try client.send(HTTPRequest(.get, server.url), receive: receive)
    #expect(received == body && pieces > 1 && response.body.isEmpty)
  }

  @Test("a receiver that has seen enough ends the exchange")
  func receiverStops() throws {
    let server = try LoopbackServer { _ in .status(200, body: Data(count: 1 << 20)) }
    let error = try #require(throws: HTTPError.self) {
      try client.send(HTTPRequest(.get, server.url), receive: { _ in false })
    }
    #expect(error.kind == .cancelled && error.mayHaveHadEffect)
  }

  @Test("a callback that is handed no exchange ends the transfer, and the process lives")
  func noExchange() {
    #expect(Exchange.at(nil) == nil)
  }

  @Test("without a server nothing was sent; a broken or late answer may have had its effect")
  func failures() async throws {
    let gone = try LoopbackServer { _ in .none }
    let broken = try await Self.failure { try client.send(HTTPRequest(.put, gone.url, body: Data([1]))) }
    #expect(broken.kind == .broken && broken.mayHaveHadEffect)
    let silent = try LoopbackServer { _ in .silence }
    var request = HTTPRequest(.get, silent.url)
    request.limits.total = .milliseconds(200)
    let late = try await Self.failure { try client.send(request) }
    #expect(late.kind == .timeout && late.mayHaveHadEffect)
    let nobody = try await Self.failure { try client.send(HTTPRequest(.get, "http://127.0.0.1:1/")) }
    #expect(nobody.kind == .unreachable && !nobody.mayHaveHadEffect)
    let nonsense = try await Self.failure { try client.send(HTTPRequest(.get, "ftp://127.0.0.1/")) }
    #expect(nonsense.kind == .invalid && !nonsense.mayHaveHadEffect)
  }

  @Test("an asynchronous request gives its answer, and many at once give each its own")
  func asynchronous() async throws {
    let server = try LoopbackServer { .status(200, body: Data($0.target.utf8)) }
    let (client, url) = (client, server.url)
    let answers = try await withThrowingTaskGroup(of: (Int, HTTPResponse).self) { group in
      for index in 0..<8 { group.addTask { (index, try await client.send(HTTPRequest(.get, "\(url)/\(index)"))) } }
      return try await group.reduce(into: [Int: Data]()) { $0[$1.0] = $1.1.body }
    }
    #expect(answers == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, Data("/\($0)".utf8)) }))
  }

  @Test("an asynchronous request without an answer throws what the blocking one throws")
  func asynchronousFailure() async throws {
    let client = client
    let error = try await Self.failure { try await client.send(HTTPRequest(.get, "http://127.0.0.1:1/")) }
    #expect(error.kind == .unreachable)
  }

  @Test("cancelling the task ends an exchange that would never end")
  func cancelled() async throws {
    let (arrived, arrival) = AsyncStream<Void>.makeStream()
    let server = try LoopbackServer { _ in
      arrival.yield()
      return .silence
    }
    var request = HTTPRequest(.get, server.url)
    request.limits.total = nil
    let task = Task { [client, request] in try await client.send(request) }
    for await _ in arrived { break }
    task.cancel()
    let error = try await Self.failure { try await task.value }
    #expect(error.kind == .cancelled)
  }
}
