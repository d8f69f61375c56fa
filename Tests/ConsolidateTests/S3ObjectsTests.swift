import DeltaLog
import Foundation
import Testing

@testable import Consolidate

@Suite struct S3ObjectsTests {
  private let server: ObjectStoreServer
  private let objects: S3Objects

  init() throws {
    server = try ObjectStoreServer()
    var objects = try S3Objects(bucket: "lake", configuration: S3Configuration(server.environment))
    objects.pause = { _ in }
    self.objects = objects
  }

  @Test("objects are written, read, looked at, listed over pages and removed")
  func roundTrip() throws {
    for index in 0..<5 { try objects.put("t/date=2013-07-04/a b \(index)", Data("x\(index)".utf8)) }
    #expect(try objects.get("t/date=2013-07-04/a b 3") == Data("x3".utf8))
    #expect(try objects.get("t/none") == nil)
    #expect(try objects.head("t/date=2013-07-04/a b 3")?.modified == 1_445_412_480_000)
    #expect(try objects.head("t/none") == nil)
    #expect(try objects.list("t/").map(\.key) == (0..<5).map { "t/date=2013-07-04/a b \($0)" })
    #expect(try objects.list("t/").first?.bytes == 2)
    try objects.delete("t/date=2013-07-04/a b 0")
    #expect(try objects.list("t/").count == 4)
  }

  @Test("requests are signed for the region and the service")
  func signed() throws {
    try objects.put("a", Data())
    let authorization = try #require(server.requests.last?.headers["authorization"])
    #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=key/"))
    #expect(authorization.contains("/us-east-1/s3/aws4_request") && authorization.contains("Signature="))
  }

  @Test("of many who create an object, one is told that it did")
  func race() throws {
    let answers = try Parallel.map(Array(0..<16)) { try objects.putIfAbsent("log/0", Data("\($0)".utf8)) }
    #expect(answers.count { $0 == .created } == 1)
    #expect(answers.count { $0 == .taken } == 15)
  }

  @Test("a conflict with another create is tried again")
  func conflict() throws {
    server.failNext(.conflict409, .conflict409)
    #expect(try objects.putIfAbsent("log/0", Data("a".utf8)) == .created)
  }

  @Test("after a failure whose effect is not known, the answer says so", arguments: [true, false])
  func unknown(_ hasEffect: Bool) throws {
    server.failNext(hasEffect ? .failsAfterEffect : .failsBeforeEffect)
    guard case .unknown = try objects.putIfAbsent("log/0", Data("a".utf8)) else {
      Issue.record("the answer claims to know")
      return
    }
    #expect(server.keys.isEmpty == !hasEffect)
  }

  @Test("a commit whose answer is lost, or that fails after its effect, is made once", arguments: [0, 1])
  func lostCommit(_ kind: Int) throws {
    server.failNext(kind == 0 ? .losesAnswer : .failsAfterEffect)
    let table = DeltaTable(store: TableLogStore(store: ObjectTable(objects: objects)))
    let actions = table.creation(schema: TableSchema([.init("id", .string)]), partitionColumns: [])
    #expect(try table.commit(CommitProposal(operation: "CREATE TABLE", actions: actions), on: nil) == 0)
    #expect(server.keys == ["/lake/t/_delta_log/00000000000000000000.json"])
  }

  @Test("without keys, or with an endpoint that is no URL, the message says what to set")
  func settings() throws {
    #expect(throws: ConsolidateError.storeSettings("there are no keys for s3://lake")) {
      try S3Objects(bucket: "lake", configuration: S3Configuration([:]))
    }
    #expect(throws: ConsolidateError.self) { try S3Configuration(["AWS_ENDPOINT_URL": "127.0.0.1:9000"]) }
  }
}

/// The small files of a table over objects.
private struct ObjectTable: TableStore {
  let objects: S3Objects
  var root: String { "s3://lake/t" }

  func read(_ path: String) throws -> Data? { try objects.get("t/\(path)") }
  func info(_ path: String) throws -> StoredFile? { nil }
  func write(_ path: String, _ contents: Data) throws { try objects.put("t/\(path)", contents) }
  func create(_ path: String, _ contents: Data) throws -> CreateAnswer {
    try objects.putIfAbsent("t/\(path)", contents)
  }
  func remove(_ path: String) throws { try objects.delete("t/\(path)") }
  func files(below directory: String) throws -> [StoredFile] {
    try objects.list("t/\(directory)/").map {
      StoredFile(path: String($0.key.dropFirst(2)), bytes: $0.bytes, modified: $0.modified)
    }
  }
  func staging(for directory: String) throws -> any StagingArea { throw CancellationError() }
  func removeAbandoned(in directory: String) {}
}
