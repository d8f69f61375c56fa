import Foundation
import RunFiles
import Testing

@testable import ShardWorker

@Suite("Verifying a run")
struct VerificationTests {
  private let lake = TestLake()

  private func finishedRun() throws -> (ShardVerification, Receipt) {
    try lake.writeModel()
    try lake.write(TestLake.rows(0..<300))
    let plan = try lake.plan()
    try lake.runShard()
    let verification = ShardVerification(directory: lake.run(), plan: plan)
    return (verification, try verification.check(0))
  }

  @Test("a finished shard is found to be as its receipt says")
  func finished() throws {
    #expect(try finishedRun().1.rowsOut == 300)
  }

  @Test("one changed bit anywhere in a part is found", arguments: [0.0, 0.3, 0.7, 1.0])
  func flipped(_ place: Double) throws {
    let (verification, receipt) = try finishedRun()
    let path = lake.run().absolute(receipt.parts[0].path)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[Int(Double(bytes.count - 1) * place)] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: WorkerError.self) { try verification.check(0) }
    #expect(error?.message.contains(path) == true)
    #expect(error?.exitStatus == .data)
  }

  @Test("a shard without a receipt, and one that the plan does not have, are errors")
  func missing() throws {
    let (verification, _) = try finishedRun()
    try FileManager.default.removeItem(atPath: lake.run().receipt(0))
    #expect(throws: WorkerError.self) { try verification.check(0) }
    #expect(throws: WorkerError.self) { try verification.check(7) }
  }
}
