// Runs one Elasticsearch 1.5 node: java Main.java HOME HTTP_PORT TRANSPORT_PORT
import org.elasticsearch.common.settings.ImmutableSettings;
import org.elasticsearch.node.Node;
import org.elasticsearch.node.NodeBuilder;

public class Main {
    public static void main(String[] arguments) throws Exception {
        ImmutableSettings.Builder settings = ImmutableSettings.settingsBuilder()
            .put("path.home", arguments[0])
            .put("path.conf", arguments[0])
            .put("cluster.name", "insights-test-" + arguments[1])
            .put("network.host", "127.0.0.1")
            .put("http.port", arguments[1])
            .put("transport.tcp.port", arguments[2])
            .put("discovery.zen.ping.multicast.enabled", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("index.number_of_shards", 1)
            .put("index.number_of_replicas", 0);
        Node node = NodeBuilder.nodeBuilder().settings(settings).node();
        Runtime.getRuntime().addShutdownHook(new Thread(node::close));
        Thread.currentThread().join();
    }
}
