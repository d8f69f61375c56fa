import Foundation
import LoopbackServer
import RunFiles
import Synchronization
import Testing

@testable import Consolidate

@Suite struct OutboxTests {
  private let fixture: RunFixture

  init() throws { fixture = try RunFixture() }

  private func merge(_ server: LoopbackServer, failpoint: Failpoint? = nil) throws -> ConsolidateProcess {
    let run = try fixture.writeThreeShards()
    return try ConsolidateProcess.run(
      ["merge", "--run-dir", run.root, "--table", fixture.table, "--notify", server.url + "/hook"],
      environment: ["CONSOLIDATE_FAILPOINT": failpoint?.rawValue ?? ""])
  }

  @Test("a merge tells a webhook what was merged, and a rerun does not tell it again")
  func webhook() throws {
    let server = try LoopbackServer { _ in .status(200) }
    #expect(try merge(server).status == 0)
    #expect(try merge(server).status == 0)
    let request = try #require(server.requests.first)
    #expect(server.requests.count == 1 && request.method == "POST" && request.target == "/hook")
    let message = try JSONValue(parsing: request.body)
    #expect(message["event"] == .string("batch_inference_complete"))
    #expect(message["record_count"] == .number("1000"))
    #expect(message["prefix"] == .string("schema=v1/model_version=v1/date=2013-07-04"))
    #expect(message["id"]?.text == request.headers["idempotency-key"])
    #expect(message["id"]?.text?.hasSuffix(":0") == true)
  }

  @Test(
    "killed before or after the message went out, the next merge sends it under the same id",
    arguments: [Failpoint.marked, .queued, .notified])
  func killed(_ failpoint: Failpoint) throws {
    let server = try LoopbackServer { _ in .status(204) }
    #expect(try merge(server, failpoint: failpoint).wasKilled)
    #expect(try merge(server).status == 0)
    let ids = Set(server.requests.map { $0.headers["idempotency-key"] ?? "" })
    #expect(ids.count == 1 && server.requests.count == (failpoint == .notified ? 2 : 1))
    #expect(try merge(server).status == 0)
    #expect(server.requests.count == (failpoint == .notified ? 2 : 1))
  }

  @Test("news that does not arrive stays in the outbox; `notify` delivers it later")
  func refused() throws {
    let answers = Answers()
    let server = try LoopbackServer { _ in .status(answers.status.withLock { $0 }) }
    let refused = try merge(server)
    #expect(refused.status == 75 && refused.standardError.contains("answered 404"))
    #expect(try TableRows(fixture.table).ids == TableRows.thousand)
    #expect(try ConsolidateProcess.run(["notify", "--table", fixture.table]).status == 75)
    answers.status.withLock { $0 = 200 }
    let delivered = try ConsolidateProcess.run(["notify", "--table", fixture.table])
    #expect(delivered.status == 0 && delivered.standardError == "delivered 1 notification\n")
    #expect(Set(server.requests.map { $0.headers["idempotency-key"] ?? "" }).count == 1)
  }

  private final class Answers: Sendable {
    let status = Mutex(404)
  }

  @Test("a message to SNS is a signed form, with the id in an attribute and, for ordered topics, as deduplication")
  func sns() throws {
    let environment = ["AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"]
    let target = try #require(NotificationTarget("arn:aws:sns:eu-west-1:123456789012:batch.fifo"))
    let message = JSONValue.object(["a": .string("é&")])
    let request = try target.request("run:3", batch: "b", message: message, environment: environment)
    #expect(request.url == "https://sns.eu-west-1.amazonaws.com/")
    #expect(request.signature?.region == "eu-west-1" && request.signature?.service == "sns")
    let body = String(decoding: request.body ?? Data(), as: UTF8.self)
    #expect(body.contains("Message=%7B%22a%22%3A%22%C3%A9%26%22%7D&"))
    #expect(body.contains("MessageAttributes.entry.1.Value.StringValue=run%3A3"))
    #expect(body.contains("MessageDeduplicationId=\(FileDigest.sha256(of: "run:3"))"))
  }
}
