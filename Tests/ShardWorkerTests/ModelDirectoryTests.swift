import Foundation
import RunFiles
import Testing

@testable import ShardWorker

@Suite("Choosing the weights")
struct ModelDirectoryTests {
  private let lake = TestLake()
  private let runtime = TorchRuntime(version: "2.13.0", cpuCapability: "AVX2")

  /// A model with a compiled package beside the TorchScript file.
  private func directory(
    torch: String = "2.13.0+cpu", capability: String? = nil, package: Bool = true
  ) throws -> ModelDirectory {
    if package { try Data("package".utf8).write(to: URL(fileURLWithPath: "\(lake.model)/model.pt2")) }
    try lake.writeModel { description in
      description.torch = torch
      description.files.insert(
        ModelDescription.File(
          kind: .aotinductor, path: "model.pt2", sha256: FileDigest.sha256(of: "package"),
          device: "cpu", cpuCapability: capability), at: 0)
    }
    return try ModelDirectory(path: lake.model)
  }

  private func weights(
    _ directory: ModelDirectory, _ choice: ModelDirectory.Choice, device: String = "cpu",
    notices: Notices = Notices()
  ) throws -> ModelDescription.File.Kind {
    try directory.weights(choice, device: device, runtime: runtime, notice: notices.add).file.kind
  }

  @Test("the compiled package comes first when it fits")
  func prefersPackage() throws {
    let directory = try directory()
    #expect(try weights(directory, .auto) == .aotinductor)
    #expect(try weights(directory, .pt) == .torchscript)
    #expect(try weights(directory, .pt2) == .aotinductor)
  }

  @Test("a patch of the same minor version runs the package, another minor version does not")
  func torchVersions() throws {
    #expect(try weights(directory(torch: "2.13.1"), .auto) == .aotinductor)
    let older = try directory(torch: "2.11.0+cpu")
    let notices = Notices()
    #expect(try weights(older, .auto, notices: notices) == .torchscript)
    #expect(notices.lines.count == 1)
    let error = #expect(throws: WorkerError.self) { try weights(older, .pt2) }
    #expect(error?.message.contains("2.11.0+cpu") == true)
    #expect(error?.message.contains("2.13.0") == true)
    #expect(error?.exitStatus == .model)
  }

  @Test("code for wider vectors than the machine has does not run")
  func capabilities() throws {
    #expect(try weights(directory(capability: "AVX2"), .pt2) == .aotinductor)
    let wide = try directory(capability: "AVX512")
    #expect(try weights(wide, .auto) == .torchscript)
    #expect(throws: WorkerError.self) { try weights(wide, .pt2) }
  }

  @Test("a package for the CPU is passed over on another device")
  func devices() throws {
    #expect(try weights(directory(), .auto, device: "cuda:0") == .torchscript)
    #expect(throws: WorkerError.self) { try weights(directory(), .pt2, device: "cuda:0") }
  }

  @Test("a package that is gone gives way, a package with other bytes does not")
  func brokenPackage() throws {
    #expect(try weights(directory(package: false), .auto) == .torchscript)
    let changed = try directory()
    try Data("other".utf8).write(to: URL(fileURLWithPath: "\(lake.model)/model.pt2"))
    let error = #expect(throws: WorkerError.self) { try weights(changed, .auto) }
    #expect(error?.message.contains(FileDigest.sha256(of: "other")) == true)
  }

  @Test("a directory without model.json is a missing model, not missing input")
  func missing() {
    let error = #expect(throws: WorkerError.self) { try ModelDirectory(path: lake.model) }
    #expect(error?.exitStatus == .model)
  }
}
