// swift-tools-version: 6.2
import Foundation
import PackageDescription

// libtorch and Arrow C++ are the ones inside the `torch` and `pyarrow` wheels. `scripts/setup` puts them
// where these links point; targets that need neither (the whole orchestrator) build without them.
let native = Context.environment["ORCHESTRATE_NATIVE"] ?? "\(Context.packageDirectory)/.deps"
let arrow = "\(native)/arrow"
let torch = "\(native)/torch"

let swift: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func cxx(_ includes: [String]) -> [CXXSetting] {
  [
    .unsafeFlags(
      ["-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"] + includes.flatMap { ["-isystem", $0] })
  ]
}

/// Finds a library where the wheel left it, at build time and at run time; `$ORIGIN/../lib` serves a container image.
func wheel(_ directory: String, _ libraries: [String]) -> LinkerSetting {
  .unsafeFlags(
    ["-L\(directory)", "-Xlinker", "-rpath", "-Xlinker", directory, "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib"]
      + libraries.map { "-l:\($0)" })
}

let package = Package(
  name: "Orchestrate",
  products: [
    .executable(name: "orchestrate", targets: ["orchestrate"]),
    .executable(name: "orchestrate-supervisor", targets: ["orchestrate-supervisor"]),
    .executable(name: "orchestrate-pod-helper", targets: ["orchestrate-pod-helper"]),
    .executable(name: "ShardWorker", targets: ["ShardWorker"]),
    .executable(name: "Consolidate", targets: ["Consolidate"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // HTTP, for all programs.
    .target(
      name: "CCurl", path: "Sources/Shared/CCurl",
      // Loads libcurl itself, when it is needed.
      cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "HTTP", dependencies: ["CCurl", .product(name: "Crypto", package: "swift-crypto")],
      path: "Sources/Shared/HTTP", swiftSettings: swift),

    // The orchestrator, from its pure core outwards. A target imports only what stands above it in this list.
    .target(
      name: "WorkflowCore",
      dependencies: [.product(name: "OrderedCollections", package: "swift-collections")],
      path: "Sources/Orchestrator/Workflow", swiftSettings: swift),
    .target(
      name: "WorkflowSpec", dependencies: ["WorkflowCore", .product(name: "Yams", package: "Yams")],
      path: "Sources/Orchestrator/Spec", swiftSettings: swift),
    .target(
      name: "Execution", dependencies: ["WorkflowCore"],
      path: "Sources/Orchestrator/Execution", exclude: ["Kubernetes", "Processes"], swiftSettings: swift),
    .target(
      name: "ArtifactStorage",
      dependencies: ["WorkflowCore", "HTTP", .product(name: "OrderedCollections", package: "swift-collections")],
      path: "Sources/Orchestrator/Artifacts", swiftSettings: swift),
    .target(name: "CLinux", path: "Sources/Orchestrator/Execution/Processes/CLinux"),
    .executableTarget(
      name: "orchestrate-supervisor", path: "Sources/Orchestrator/Execution/Processes/CSupervisor",
      // Static, and without the start files that would bring the Swift runtime along: it starts once a step.
      linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles"])]),
    .target(
      name: "ProcessExecution",
      dependencies: [
        "Execution", "ArtifactStorage", "CLinux", .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      path: "Sources/Orchestrator/Execution/Processes", exclude: ["CLinux", "CSupervisor"], swiftSettings: swift),
    .executableTarget(
      name: "orchestrate-pod-helper", path: "Sources/Orchestrator/Execution/Kubernetes/CPodHelper",
      // Goes into containers of any image: static, and small enough for a ConfigMap.
      linkerSettings: [.unsafeFlags(["-static-executable", "-nostartfiles", "-Xlinker", "-s"])]),
    .target(
      name: "KubernetesExecution",
      dependencies: [
        "Execution", "WorkflowSpec", "HTTP", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      path: "Sources/Orchestrator/Execution/Kubernetes", exclude: ["CPodHelper"], swiftSettings: swift),
    .target(
      name: "StateFile", dependencies: ["WorkflowCore", .product(name: "GRDB", package: "GRDB.swift")],
      path: "Sources/Orchestrator/State", swiftSettings: swift),
    .target(
      name: "WorkflowEngine", dependencies: ["WorkflowCore", "Execution", "StateFile"],
      path: "Sources/Orchestrator/Engine", swiftSettings: swift),
    .executableTarget(
      name: "orchestrate",
      dependencies: [
        "WorkflowSpec", "WorkflowEngine", "ProcessExecution", "KubernetesExecution", "ArtifactStorage",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Orchestrator/CLI", swiftSettings: swift),
    .executableTarget(
      name: "simulate",
      dependencies: [
        "WorkflowCore", "WorkflowSpec", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Orchestrator/Simulation", swiftSettings: swift),
    .target(
      name: "FuzzTargets", dependencies: ["WorkflowCore", "WorkflowSpec"],
      path: "Sources/Orchestrator/Fuzzing/Targets", swiftSettings: swift),
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Sources/Orchestrator/Fuzzing/CLI", swiftSettings: swift),

    // The data plane: what a shard worker and the merge share, then the two programs.
    .target(
      name: "RunFiles", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      path: "Sources/Shared/RunFiles", swiftSettings: swift),
    .target(
      name: "CArrow", path: "Sources/Shared/CArrow", cxxSettings: cxx(["\(arrow)/include"]),
      linkerSettings: [wheel(arrow, ["libarrow.so.2600", "libparquet.so.2600"])]),
    .target(
      name: "CTorch", path: "Sources/Shared/CTorch",
      cxxSettings: cxx(["\(torch)/include", "\(torch)/include/torch/csrc/api/include"]),
      linkerSettings: [wheel("\(torch)/lib", ["libtorch.so", "libtorch_cpu.so", "libc10.so"])]),
    .target(
      name: "Storage", dependencies: ["CArrow"], path: "Sources/Shared/Storage", swiftSettings: swift),
    .executableTarget(
      name: "ShardWorker",
      dependencies: [
        "RunFiles", "Storage", "CTorch", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/ShardWorker", swiftSettings: swift),
    .target(
      name: "DeltaLog", dependencies: ["RunFiles"], path: "Sources/Consolidate/DeltaLog", swiftSettings: swift),
    .executableTarget(
      name: "Consolidate",
      dependencies: [
        "RunFiles", "Storage", "DeltaLog", "HTTP", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Consolidate", exclude: ["DeltaLog"], swiftSettings: swift),

    .testTarget(
      name: "WorkflowCoreTests",
      dependencies: ["WorkflowCore", .product(name: "OrderedCollections", package: "swift-collections")],
      path: "Tests/WorkflowCoreTests", swiftSettings: swift),
    .testTarget(
      name: "WorkflowSpecTests", dependencies: ["WorkflowSpec", "WorkflowCore"], path: "Tests/WorkflowSpecTests",
      swiftSettings: swift),
    .testTarget(
      name: "SimulationTests", dependencies: ["simulate", "WorkflowCore"], path: "Tests/SimulationTests",
      swiftSettings: swift),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests/FuzzTests", exclude: ["Corpus"],
      swiftSettings: swift),
    .testTarget(
      name: "ProcessExecutionTests",
      dependencies: [
        "ProcessExecution", "ArtifactStorage", "Execution", "WorkflowCore",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      path: "Tests/ProcessExecutionTests", swiftSettings: swift),
    .testTarget(
      name: "KubernetesExecutionTests",
      dependencies: ["KubernetesExecution", "Execution", "WorkflowSpec", "WorkflowCore", "LoopbackServer"],
      path: "Tests/KubernetesExecutionTests", swiftSettings: swift),
    .testTarget(
      name: "StateFileTests",
      dependencies: ["StateFile", "WorkflowCore", .product(name: "GRDB", package: "GRDB.swift")],
      path: "Tests/StateFileTests", swiftSettings: swift),
    .testTarget(
      name: "WorkflowEngineTests",
      dependencies: [
        "WorkflowEngine", "StateFile", "Execution", "WorkflowSpec", "WorkflowCore",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      path: "Tests/WorkflowEngineTests", swiftSettings: swift),
    .testTarget(
      name: "OrchestrateTests",
      dependencies: [
        "WorkflowCore", "WorkflowSpec", .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      path: "Tests/OrchestrateTests",
      swiftSettings: swift),
    .testTarget(
      name: "RunFilesTests", dependencies: ["RunFiles"], path: "Tests/RunFilesTests", swiftSettings: swift),
    // A server of the tests' own, for those who speak HTTP.
    .target(name: "LoopbackServer", path: "Tests/LoopbackServer", swiftSettings: swift),
    .testTarget(
      name: "HTTPTests", dependencies: ["HTTP", "LoopbackServer"], path: "Tests/HTTPTests", swiftSettings: swift),
    .testTarget(name: "StorageTests", dependencies: ["Storage"], path: "Tests/StorageTests", swiftSettings: swift),
    .testTarget(
      name: "ShardWorkerTests", dependencies: ["ShardWorker", "RunFiles", "Storage", "CTorch"],
      path: "Tests/ShardWorkerTests",
      swiftSettings: swift),
    .testTarget(
      name: "DeltaLogTests", dependencies: ["DeltaLog", "RunFiles"], path: "Tests/DeltaLogTests", swiftSettings: swift),
    .testTarget(
      name: "ConsolidateTests",
      dependencies: ["Consolidate", "RunFiles", "Storage", "DeltaLog", "HTTP", "LoopbackServer"],
      path: "Tests/ConsolidateTests", swiftSettings: swift),
  ],
  cxxLanguageStandard: .cxx20
)
