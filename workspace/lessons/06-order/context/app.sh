echo "version 1"
