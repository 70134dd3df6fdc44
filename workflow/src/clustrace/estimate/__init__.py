"""What a planned job will take: time, memory, disk, from records of earlier jobs or counted."""
