"""From one structure of a labelmap to a smooth, closed triangle surface, and questions asked of surfaces."""
